import type { SinceLast, UnmatchedClass } from '../api/documents.ts';
import { countText, plural } from '../format/amounts.ts';

/** The classes in the order of the list below them. */
const NAMES = ['missing', 'differing', 'corrupt', 'unreadable', 'extra'] as const;

type Counts = SinceLast['appeared'];
export const totalOf = (counts: Counts): number => NAMES.reduce((sum, name) => sum + counts[name], 0);

export type SinceRow = { name: UnmatchedClass; appeared: number; stayed: number; gone: number };

/** Classes that either report names, one a row. */
export const rowsOf = ({ appeared, stayed, gone }: SinceLast): SinceRow[] =>
  NAMES.map((name) => ({ name, appeared: appeared[name], stayed: stayed[name], gone: gone[name] })).filter(
    (row) => row.appeared + row.stayed + row.gone > 0,
  );

/** What has changed, in one line. */
export function changeText(since: SinceLast): string {
  const parts = [
    ...NAMES.filter((name) => since.appeared[name] > 0).map(
      (name) => `${countText(since.appeared[name])} newly ${name}`,
    ),
    ...NAMES.filter((name) => since.gone[name] > 0).map((name) => `${countText(since.gone[name])} no longer ${name}`),
  ];
  if (parts.length > 0) return parts.join(', ');
  const stayed = totalOf(since.stayed);
  return stayed === 0
    ? 'Nothing was unmatched then, and nothing is now'
    : `Nothing has changed: the same ${plural(stayed, 'file')} as before`;
}
