import { type DestinationFilter, storedDestinationFilter, takenBy } from '@vigie/shared/protocol/destination-filter';
import { and, asc, eq, gt, inArray, like, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { asset, delivery, fact } from './schema.ts';

/** Does a destination take what lies under this path of a source? */
export type Takes = (destination: string, path: string) => boolean;
export const takesAll: Takes = () => true;

/** What the ledger says of a delivery that the destination's own filter rules out. */
export const LEFT_OUT = 'left-out';
export const leftOut = (destination: string) => ({
  state: 'withdrawn' as const,
  errorCode: LEFT_OUT,
  errorMessage: `the filter of "${destination}" leaves it out`,
});

/** The same as a condition. */
export const isLeftOut = sql`coalesce(${delivery.state} = 'withdrawn' and ${delivery.errorCode} = ${LEFT_OUT}, 0)`;

/** Assets that a changed filter concerns: no longer owed to the destination, and let in by now. */
export type FilterChange = { leftOut: number; letIn: number };

const PORTION = 5_000;

type Pair = { source: string; destination: string };
const keyOf = ({ source, destination }: Pair): string => `destination-filter/${source}/${destination}`;

/**
 * Brings the ledger in line with the filter of a destination, where that is another than at the last start; undefined where it is the
 * same. What it leaves out and was not delivered is no longer owed. What it lets in counts as never ordered: a re-sync sends it.
 */
export function applyFilter(
  ledger: Ledger,
  { filter, ...pair }: Pair & { filter: DestinationFilter | undefined },
  now: number,
): FilterChange | undefined {
  const { database } = ledger;
  const { source, destination } = pair;
  const key = keyOf(pair);
  const before = database.select().from(fact).where(eq(fact.key, key)).get()?.value;
  const value = filter && storedDestinationFilter(filter);
  if (before === value) return undefined;

  const takes = takenBy(filter);
  const change: FilterChange = { leftOut: 0, letIn: 0 };
  /** A power cut in the middle leaves the fact as it was: the next start begins anew, and comes to the same. */
  for (let last = 0; ; ) {
    const rows = database
      .select({
        id: asset.id,
        path: asset.path,
        capturedAt: asset.capturedAt,
        kind: asset.kind,
        state: delivery.state,
        code: delivery.errorCode,
      })
      .from(asset)
      .leftJoin(delivery, and(eq(delivery.assetId, asset.id), eq(delivery.destination, destination)))
      .where(and(eq(asset.source, source), sql`${asset.state} = 'held'`, eq(asset.tree, 'result'), gt(asset.id, last)))
      .orderBy(asc(asset.id))
      .limit(PORTION)
      .all();
    database.transaction(() => {
      for (const { id, path, capturedAt, kind, state, code } of rows) {
        const at = and(eq(delivery.assetId, id), eq(delivery.destination, destination));
        const isOut = state === 'withdrawn' && code === LEFT_OUT;
        if (takes(path)) {
          if (!isOut) continue;
          database.delete(delivery).where(at).run();
          change.letIn += 1;
        } else if (!isOut && state !== 'verified') {
          const values = { ...leftOut(destination), updatedAt: now };
          database
            .insert(delivery)
            .values({ assetId: id, destination, lane: 'backfill', capturedAt, sort: `${source}/${kind}`, ...values })
            .onConflictDoUpdate({ target: [delivery.assetId, delivery.destination], set: values })
            .run();
          if (state !== null && state !== 'withdrawn') change.leftOut += 1;
        }
      }
    });
    if (rows.length < PORTION) break;
    last = (rows.at(-1) as (typeof rows)[number]).id;
  }
  if (value === undefined) database.delete(fact).where(eq(fact.key, key)).run();
  else database.insert(fact).values({ key, value }).onConflictDoUpdate({ target: fact.key, set: { value } }).run();
  return change;
}

/** What is known of pairs that are configured no longer: what they come back with is applied anew. */
export function forgetFilters({ database }: Ledger, configured: readonly Pair[]): void {
  const keys = database
    .select({ key: fact.key })
    .from(fact)
    .where(like(fact.key, 'destination-filter/%'))
    .all()
    .map(({ key }) => key);
  const known = new Set(configured.map(keyOf));
  const gone = keys.filter((key) => !known.has(key));
  if (gone.length > 0) database.delete(fact).where(inArray(fact.key, gone)).run();
}
