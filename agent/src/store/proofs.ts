import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { AssetRow } from './assets.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { asset, delivery, tally } from './schema.ts';

/** An asset of which a destination has given proof, some time ago. */
export type Proved = AssetRow & { destination: string; place: Place };
/** Where it stands among all of a destination, by the time (ms since 1970) at which it was last confirmed. */
export type Place = { confirmedAt: number; row: number };

/** Proofs of one destination that are looked at again. */
export type Proofs = {
  /** How many there are. */
  count(): number;
  /** Those that were last confirmed before an instant (ms since 1970), the oldest first; behind a place, where one is given. */
  oldest(before: number, limit: number, behind?: Place): Proved[];
  confirmed(proved: Proved, now: number): void;
  /**
   * The destination does not have it any more, or has something else there. This is told, and the receipt counts for nothing; it is not sent
   * again by itself, since a person may have taken it away: a re-sync does that.
   */
  revoked(proved: Proved, failure: { code: string; message: string }, now: number): void;
};

export function createProofs(ledger: Ledger, outbox: Outbox, destination: string): Proofs {
  const { database } = ledger;
  const row = sql<number>`${delivery}.rowid`;
  const of = (proved: Proved) =>
    and(eq(delivery.assetId, proved.id), eq(delivery.destination, destination), eq(delivery.state, 'verified'));

  return {
    count: () =>
      database
        .select({ count: sql<number>`coalesce(sum(${tally.count}), 0)` })
        .from(tally)
        .where(and(eq(tally.destination, destination), eq(tally.state, 'verified')))
        .get()?.count ?? 0,
    oldest: (before, limit, behind) =>
      database
        .select({ asset, confirmedAt: delivery.updatedAt, row })
        .from(delivery)
        .innerJoin(asset, eq(asset.id, delivery.assetId))
        .where(
          and(
            eq(delivery.destination, destination),
            eq(delivery.state, 'verified'),
            lte(delivery.updatedAt, before),
            behind && sql`(${delivery.updatedAt}, ${row}) > (${behind.confirmedAt}, ${behind.row})`,
            inArray(asset.state, ['held', 'purged']),
          ),
        )
        .orderBy(asc(delivery.updatedAt), asc(row))
        .limit(limit)
        .all()
        .map(({ asset: held, ...place }) => ({ ...held, destination, place })),
    confirmed(proved, now) {
      database.update(delivery).set({ updatedAt: now }).where(of(proved)).run();
    },
    revoked(proved, { code, message }, now) {
      const { source, path } = proved;
      const text = message.slice(0, 1000);
      database.transaction(() => {
        const { changes } = database
          .update(delivery)
          .set({ state: 'withdrawn', receipt: null, errorCode: code, errorMessage: text, updatedAt: now })
          .where(of(proved))
          .run();
        if (changes > 0) outbox.add({ type: 'delivery-failed', source, path, destination, code, message: text });
      });
    },
  };
}
