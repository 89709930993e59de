import { statSync } from 'node:fs';
import { type Comparison, type ComparisonResult, createComparison } from '../report/compare.ts';
import { addAmount, FIGURE_KINDS, figureKinds, noKinds } from '../report/figures.ts';
import { isOfLines } from './inventory-file.ts';
import type { SideOptions } from './options.ts';
import { type OrderedRows, openRows } from './ordered-rows.ts';
import type { Progress } from './progress.ts';
import type { Side } from './side.ts';

/**
 * Compares two saved inventories whose entries are in the order of their folders and names, as they are written, by walking along both
 * at once: what is read is forgotten when it matches. Undefined where one of them is no such file, or is not in order: nothing
 * is known then. The paths of what matched are not kept.
 */
export async function compareOrdered(
  left: Side,
  right: Side,
  options: SideOptions,
  progress: { left: Progress; right: Progress },
): Promise<ComparisonResult | undefined> {
  if (!isSavedLines(left) || !isSavedLines(right)) return undefined;
  await using from = openRows(left, options, progress.left);
  await using to = openRows(right, options, progress.right);
  const comparison = createComparison();
  const agreed = createAgreed();

  for (;;) {
    // Both at once: while one waits for its bytes the other's are parsed.
    await Promise.all([from.fill(), to.fill()]);
    if (from.isDisordered || to.isDisordered) {
      for (const seen of [progress.left, progress.right]) seen.entries = 0;
      return undefined;
    }
    if (from.left === 0 && to.left === 0) break;
    walk(from, to, comparison, agreed);
  }
  const result = comparison.finish();
  agreed.addTo(result);
  return result;
}

const isSavedLines = (side: Side): side is Extract<Side, { type: 'local' }> =>
  side.type === 'local' && isOfLines(side.path) && (statSync(side.path, { throwIfNoEntry: false })?.isFile() ?? false);

/** Takes rows off both sides as long as both have some, or one has ended. */
function walk(from: OrderedRows, to: OrderedRows, comparison: Comparison, agreed: Agreed): void {
  while ((from.left > 0 || from.isEnded) && (to.left > 0 || to.isEnded) && from.left + to.left > 0) {
    const order = from.left === 0 ? 1 : to.left === 0 ? -1 : compareRows(from, to);
    if (order === 0 && agreed.take(from, to)) {
      from.next();
      to.next();
      continue;
    }
    if (order <= 0) from.tellTo(comparison.sinks.left);
    if (order >= 0) to.tellTo(comparison.sinks.right);
  }
}

function compareRows(a: OrderedRows, b: OrderedRows): number {
  if (a.folder !== b.folder) return a.folder < b.folder ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

type Agreed = {
  /** Counts the asset that both sides are at if they agree, and says whether they do. */
  take(from: OrderedRows, to: OrderedRows): boolean;
  addTo(result: ComparisonResult): void;
};

function createAgreed(): Agreed {
  const kindOf = figureKinds();
  const sums = noKinds();
  let byDigest = 0;
  return {
    take(from, to) {
      if (from.isOdd || to.isOdd || from.size !== to.size) return false;
      const isKnown = from.sha256 !== undefined && to.sha256 !== undefined;
      if (isKnown && from.sha256 !== to.sha256) return false;
      if (isKnown) byDigest += 1;
      const sum = sums[kindOf(from.name)];
      sum.count += 1;
      sum.bytes += from.size;
      return true;
    },
    addTo(result) {
      const { source, destination, matched } = result.figures;
      for (const kind of FIGURE_KINDS) {
        for (const totals of [source, destination, matched]) addAmount(totals, kind, sums[kind]);
      }
      result.matchedByDigest += byDigest;
    },
  };
}
