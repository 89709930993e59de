import { type ComparisonResult, createComparison } from '../report/compare.ts';
import type { SideOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { readSide } from './read-side.ts';
import type { Side } from './side.ts';

/**
 * Reads both sides at once and compares them. When one cannot be read whole the other is given up, and the error says
 * which side and why: there is no result from half a listing.
 */
export async function compareSides(
  left: Side,
  right: Side,
  options: SideOptions,
  progress: { left: Progress; right: Progress },
): Promise<ComparisonResult> {
  const comparison = createComparison();
  const abort = new AbortController();
  let first: { error: unknown } | undefined;

  const read = async (side: Side, seen: Progress, tell: typeof comparison.left): Promise<void> => {
    try {
      await readSide(side, options, seen, tell, abort.signal);
    } catch (error) {
      first ??= { error };
      abort.abort();
    }
  };
  await Promise.all([read(left, progress.left, comparison.left), read(right, progress.right, comparison.right)]);
  if (first) throw first.error;
  return comparison.finish();
}
