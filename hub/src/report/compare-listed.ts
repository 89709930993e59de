import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import type { Comparison, ComparisonResult } from './compare.ts';
import { addAmount, FIGURE_KINDS, type KindAmounts, noKinds } from './figures.ts';
import { type ReportFilter, reportFilter } from './filter.ts';
import type { Listed } from './listing.ts';
import { agrees, type Shape } from './shape.ts';

/** A source by its buckets. */
export type ShapedSource = { shapes: Map<string, Shape>; entries(bucket: string): Iterable<Entry> };
/** A destination by its buckets: as the last listing left it, and as it is now. */
export type ListableDestination = {
  before(): Map<string, Shape>;
  list(signal: AbortSignal, folderRead: (entries: number) => void): Promise<Listed>;
};

/** What the list of a report's destination rests on; the API has `fullAt` as ISO 8601. */
export type ListingFacts = {
  pass: 'full' | 'incremental';
  daysListed: number;
  daysKept: number;
  /** Entries of either side that were compared one by one; the others by the figures of their day. */
  entriesCompared: number;
  /** ms since 1970. */
  fullAt: number;
};
export type ComparedListed = Pick<Listed, 'keptDays' | 'confirm'> & { facts: ListingFacts; agreed: Agreed };

/** Assets that match, counted by whole buckets. */
export type Agreed = { count: number; addTo(result: ComparisonResult): void };

/**
 * Compares a source with the list of a destination. Buckets that agree by count, bytes and digest over paths and sizes are counted whole;
 * of the others every entry is told to the comparison. What the source holds of a bucket that did not agree before is taken as it was
 * before the list is read: what arrives meanwhile is an extra then, which the report allows for.
 */
export async function compareListed(options: {
  source: ShapedSource;
  destination: ListableDestination;
  filter: ReportFilter;
  comparison: Comparison;
  signal: AbortSignal;
  folderRead: (entries: number) => void;
  /** Told of every portion of entries that was compared, or that agreed. */
  counted: (entries: number) => void;
}): Promise<ComparedListed> {
  const { source, destination, filter, comparison, signal, folderRead, counted } = options;
  const passes = reportFilter(filter);
  let entriesCompared = 0;
  const told = new Set<string>();
  const tell = (entries: Iterable<Entry>, side: (entry: Entry) => void): void => {
    let count = 0;
    for (const entry of entries) {
      if (!passes(entry)) continue;
      count += 1;
      side(entry);
    }
    entriesCompared += count;
    counted(count);
  };
  const tellSource = (bucket: string): void => {
    told.add(bucket);
    tell(source.entries(bucket), comparison.left);
  };

  const before = destination.before();
  for (const [bucket, shape] of source.shapes) {
    signal.throwIfAborted();
    const scope = scopeOf(bucket, filter);
    if (scope === 'mixed' || (scope === 'inside' && !agrees(shape, before.get(bucket)))) tellSource(bucket);
  }
  const listed = await destination.list(signal, folderRead);
  const kinds = noKinds();
  let count = 0;
  for (const bucket of new Set([...source.shapes.keys(), ...listed.shapes.keys()])) {
    signal.throwIfAborted();
    if (scopeOf(bucket, filter) === 'outside') continue;
    const here = source.shapes.get(bucket);
    if (!told.has(bucket)) {
      if (here && agrees(here, listed.shapes.get(bucket))) {
        add(kinds, here.kinds);
        count += here.count;
        counted(here.count);
        continue;
      }
      if (here) tellSource(bucket);
    }
    if (listed.shapes.has(bucket)) tell(listed.entries(bucket), comparison.right);
  }
  const { daysListed, keptDays, fullAt } = listed;
  const pass = keptDays.length === 0 ? 'full' : 'incremental';
  return {
    facts: { pass, daysListed, daysKept: keptDays.length, entriesCompared, fullAt },
    ...{ keptDays, confirm: listed.confirm },
    agreed: { count, addTo: (result) => addAgreed(result, kinds) },
  };
}

/** Does a filter let a whole bucket through, nothing of it, or some of it? */
export function scopeOf(bucket: string, filter: ReportFilter): 'inside' | 'outside' | 'mixed' {
  const { fromDay, toDay, kinds, pathPrefix } = filter;
  if ((kinds?.length ?? 0) > 0 || (pathPrefix ?? '') !== '') return 'mixed';
  if (fromDay === undefined && toDay === undefined) return 'inside';
  const file = `${bucket}/file`;
  // Only what lies in a day's own bucket is of one day for certain.
  if (bucketOf(file) !== bucket || !/(?:^|\/)\d{8}$/.test(bucket)) return 'mixed';
  return reportFilter(filter)({ path: file }) ? 'inside' : 'outside';
}

function add(sums: KindAmounts, added: KindAmounts): void {
  for (const kind of FIGURE_KINDS) {
    sums[kind].count += added[kind].count;
    sums[kind].bytes += added[kind].bytes;
  }
}

function addAgreed({ figures }: ComparisonResult, kinds: KindAmounts): void {
  for (const kind of FIGURE_KINDS) {
    for (const totals of [figures.source, figures.destination, figures.matched]) addAmount(totals, kind, kinds[kind]);
  }
}
