import { and, asc, desc, eq, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { asset, delivery } from './schema.ts';

/** The condition stands word for word in the index, so that SQLite takes it. */
export const due = sql`${delivery.state} in ('pending', 'failed')`;

const TAKEN_UP_MAX = 500;

/** What is asked and told for each delivery, prepared once: to write the text of a statement takes longer than to run it. */
export type DeliveryStatements = ReturnType<typeof deliveryStatements>;

export function deliveryStatements(ledger: Ledger) {
  const { database } = ledger;
  const given = (name: string) => sql.placeholder(name);
  const one = and(eq(delivery.assetId, given('assetId')), eq(delivery.destination, given('destination')));
  const at = eq(delivery.destination, given('destination'));
  const now = sql`${given('now')}`;
  const nextIn = (order: SQL) =>
    database
      .select()
      .from(delivery)
      .innerJoin(asset, eq(asset.id, delivery.assetId))
      .where(and(at, eq(delivery.queue, given('queue')), due))
      .orderBy(order)
      .limit(given('limit'))
      .prepare();
  // As in the index, word for word.
  const putOff = and(at, due, sql`${delivery.notBefore} > 0`);
  return {
    next: { live: nextIn(desc(delivery.capturedAt)), backfill: nextIn(asc(delivery.capturedAt)) },
    queues: queuesIn(ledger),
    oldestOf: database
      .select({ capturedAt: delivery.capturedAt })
      .from(delivery)
      .where(and(at, eq(delivery.queue, given('queue')), due))
      .orderBy(asc(delivery.capturedAt))
      .limit(1)
      .prepare(),
    putOffUntil: database
      .select({ notBefore: delivery.notBefore })
      .from(delivery)
      .where(putOff)
      .orderBy(asc(delivery.notBefore))
      .limit(1)
      .prepare(),
    /** What was put off until now waits as everything else: so many at once that nothing has to wait for it. */
    takeUp: database
      .update(delivery)
      .set({ notBefore: 0 })
      .where(
        sql`rowid in (select rowid from delivery where ${putOff} and ${lte(delivery.notBefore, given('now'))}
          order by ${delivery.notBefore} limit ${TAKEN_UP_MAX})`,
      )
      .prepare(),
    leaveBehind: database
      .update(delivery)
      .set({ lane: 'backfill' })
      .where(
        and(
          at,
          gte(delivery.queue, 'live/'),
          lt(delivery.queue, 'live0'),
          due,
          lt(delivery.updatedAt, given('before')),
        ),
      )
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

/** The queues of a destination in which something waits, each found by one step in the index. */
function queuesIn({ sqlite }: Ledger): (destination: string) => string[] {
  const found = sqlite
    .prepare<{ destination: string }, string>(
      `with recursive found (queue) as (
        select min(queue) from delivery where destination = $destination and state in ('pending', 'failed')
        union all
        select (
          select min(queue) from delivery
          where destination = $destination and state in ('pending', 'failed') and queue > found.queue
        ) from found where found.queue is not null
      ) select queue from found where queue is not null`,
    )
    .pluck();
  return (destination) => found.all({ destination });
}
