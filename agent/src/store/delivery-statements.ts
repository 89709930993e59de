import { and, asc, desc, eq, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { asset, delivery } from './schema.ts';

/** The condition stands word for word in the index, so that SQLite takes it. */
export const due = sql`${delivery.state} in ('pending', 'failed')`;

/** What is asked and told for each delivery, prepared once: to write the text of a statement takes longer than to run it. */
export type DeliveryStatements = ReturnType<typeof deliveryStatements>;

export function deliveryStatements({ database }: Ledger) {
  const given = (name: string) => sql.placeholder(name);
  const one = and(eq(delivery.assetId, given('assetId')), eq(delivery.destination, given('destination')));
  const at = eq(delivery.destination, given('destination'));
  const now = sql`${given('now')}`;
  const nextIn = (lane: 'live' | 'backfill', order: SQL) =>
    database
      .select()
      .from(delivery)
      .innerJoin(asset, eq(asset.id, delivery.assetId))
      .where(and(at, eq(delivery.lane, lane), due, lte(delivery.notBefore, given('now'))))
      .orderBy(order)
      .limit(given('limit'))
      .prepare();
  return {
    next: {
      live: nextIn('live', desc(delivery.capturedAt)),
      backfill: nextIn('backfill', asc(delivery.capturedAt)),
    },
    dueAt: database
      .select({ notBefore: delivery.notBefore })
      .from(delivery)
      .where(and(at, due))
      .orderBy(asc(delivery.notBefore))
      .limit(1)
      .prepare(),
    leaveBehind: database
      .update(delivery)
      .set({ lane: 'backfill' })
      .where(and(at, eq(delivery.lane, 'live'), due, lt(delivery.updatedAt, given('before'))))
      .prepare(),
    sending: database.update(delivery).set({ state: 'sending' }).where(one).prepare(),
    verified: database
      .update(delivery)
      .set({
        state: 'verified',
        receipt: sql`${given('receipt')}`,
        replace: false,
        errorCode: null,
        errorMessage: null,
        updatedAt: now,
      })
      .where(and(one, eq(delivery.state, 'sending')))
      .prepare(),
  };
}
