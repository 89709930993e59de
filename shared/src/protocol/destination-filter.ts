import { z } from 'zod';
import { pathGlobFault, pathGlobMatcher } from '../kit/path-glob.ts';
import { KINDS, kindOf } from './asset.ts';

const PATTERNS_MAX = 20;

/** A pattern of paths (`path-glob.ts`); after a `!` one of those that are left out. */
const pattern = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    const fault = pathGlobFault(text.replace(/^!/, ''));
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(text)}: ${fault}` });
  });

/**
 * What a destination takes of its sources; everything else is not owed to it. `kinds`: of these kinds alone. `paths`: what fits one of the
 * patterns without a `!` (all, where there is none) and none of those with one. Paths are those of the inventory.
 */
export const destinationFilter = z.strictObject({
  kinds: z.array(z.enum(KINDS)).min(1).max(KINDS.length).optional(),
  paths: z.array(pattern).min(1).max(PATTERNS_MAX).optional(),
});
export type DestinationFilter = z.infer<typeof destinationFilter>;

/** The same as a message tells it. */
export const toldFilter = z.object({
  kinds: z.array(z.enum(KINDS)).max(KINDS.length).optional(),
  paths: z.array(z.string().max(200)).max(PATTERNS_MAX).optional(),
});

/** Does a destination with this filter take what lies under a path? Without a filter it takes everything. */
export function takenBy(filter: DestinationFilter | undefined): (path: string) => boolean {
  if (!filter) return () => true;
  const { kinds, paths = [] } = filter;
  const [out, among] = [true, false].map((isOut) =>
    paths.filter((text) => text.startsWith('!') === isOut).map((text) => pathGlobMatcher(text.replace(/^!/, ''))),
  ) as [((path: string) => boolean)[], ((path: string) => boolean)[]];
  return (path) => {
    if (kinds && !kinds.includes(kindOf(path))) return false;
    // What has failed lies in a folder of its own, whatever path it would have had: its kind alone is known.
    if (path.startsWith('failure/')) return true;
    return (among.length === 0 || among.some((fits) => fits(path))) && !out.some((fits) => fits(path));
  };
}

/** A filter as it is stored: what takes the same by the same words is the same text. */
export const storedDestinationFilter = ({ kinds, paths }: DestinationFilter): string =>
  JSON.stringify({ kinds: kinds && [...kinds].sort(), paths: paths && [...paths].sort() });
