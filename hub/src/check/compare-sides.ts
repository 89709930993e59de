import { type ComparisonResult, createComparison } from '../report/compare.ts';
import type { SideSink } from '../report/side-sink.ts';
import { compareOrdered } from './compare-ordered.ts';
import type { SideOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { readSide } from './read-side.ts';
import type { Side } from './side.ts';

/**
 * Reads both sides at once and compares them. When one cannot be read whole the other is given up, and the error says
 * which side and why: there is no result from half a listing. `needs.matchedPaths`: they are asked for afterwards.
 */
export async function compareSides(
  left: Side,
  right: Side,
  options: SideOptions,
  progress: { left: Progress; right: Progress },
  needs: { matchedPaths: boolean },
): Promise<ComparisonResult> {
  const ordered = needs.matchedPaths ? undefined : await compareOrdered(left, right, options, progress);
  if (ordered) return ordered;
  const comparison = createComparison();
  const abort = new AbortController();
  let first: { error: unknown } | undefined;

  const read = async (side: Side, seen: Progress, sink: SideSink): Promise<void> => {
    try {
      await readSide(side, options, seen, sink, abort.signal);
    } catch (error) {
      first ??= { error };
      abort.abort();
    }
  };
  const { sinks } = comparison;
  await Promise.all([read(left, progress.left, sinks.left), read(right, progress.right, sinks.right)]);
  if (first) throw first.error;
  return comparison.finish();
}
