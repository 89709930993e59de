import { bucketOf } from '@vigie/shared/protocol/asset';
import { pack } from '@vigie/shared/protocol/inventory';
import type { ResyncSelection } from '@vigie/shared/protocol/messages';
import type { Amount, Unmatched } from '@vigie/shared/protocol/report';

export type PlannedJob = { selection: ResyncSelection; total: Amount };

/** Characters of one order's list of paths: an order must fit into a message. */
const PATHS_TEXT_MAX = 90_000;
const PATHS_MAX = 20_000;
const DAYS_MAX = 2_000;

/** Is this what a re-sync mends? Everything else it leaves alone: what goes by itself, what is for a person, what is no loss. */
export const isMendable = ({ action }: Pick<Unmatched, 'action'>): boolean =>
  action === 'resync' || action === 'resync-replace';

/**
 * The orders that mend a report's unmatched entries: whole days where all of a day has to go, single paths else, in as
 * many jobs as their messages need.
 *
 * @param dayCounts how many assets the source holds by bucket
 */
export function planResync(
  unmatched: Iterable<Unmatched>,
  dayCounts: ReadonlyMap<string, number>,
  place: { source: string; destination: string },
): PlannedJob[] {
  const byDay = new Map<string, Unmatched[]>();
  for (const entry of unmatched) {
    if (!isMendable(entry)) continue;
    const day = bucketOf(entry.path);
    const list = byDay.get(day);
    if (list) list.push(entry);
    else byDay.set(day, [entry]);
  }
  const whole: [string, Unmatched[]][] = [];
  const single: Unmatched[] = [];
  for (const [day, list] of byDay) {
    if (list.length > 20 && list.length === dayCounts.get(day)) whole.push([day, list]);
    else single.push(...list);
  }

  const jobs: PlannedJob[] = [];
  const add = (days: string[], paths: string[], entries: Unmatched[]) => {
    const replace = entries.some((e) => e.action === 'resync-replace');
    const bytes = entries.reduce((sum, e) => sum + (e.sourceSize ?? 0), 0);
    const selection: ResyncSelection = {
      ...place,
      replace,
      ...(days.length > 0 && { days }),
      ...(paths.length > 0 && { paths: pack(paths) }),
    };
    jobs.push({ selection, total: { count: entries.length, bytes } });
  };
  const portions = portionsOf(single);
  const dayPortions = Math.ceil(whole.length / DAYS_MAX);
  for (let i = 0; i < Math.max(portions.length, dayPortions); i++) {
    const days = whole.slice(i * DAYS_MAX, (i + 1) * DAYS_MAX);
    const entries = portions[i] ?? [];
    add(
      days.map(([day]) => day),
      entries.map((e) => e.path),
      [...days.flatMap(([, list]) => list), ...entries],
    );
  }
  return jobs;
}

/** Halves a list until each part fits into an order. */
function portionsOf(entries: Unmatched[]): Unmatched[][] {
  if (entries.length === 0) return [];
  if (entries.length === 1) return [entries];
  if (entries.length <= PATHS_MAX && pack(entries.map((e) => e.path)).length <= PATHS_TEXT_MAX) return [entries];
  const middle = entries.length >> 1;
  return [...portionsOf(entries.slice(0, middle)), ...portionsOf(entries.slice(middle))];
}
