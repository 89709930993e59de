import type { Clock } from '@vigie/shared/kit/clock';
import { type DeviceEvent, deviceEvent } from '@vigie/shared/protocol/messages';
import { asc, eq, gt, lte, max, min, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { countOf } from './ledger.ts';
import { fact, outbox } from './schema.ts';

type Told<E> = E extends DeviceEvent ? Omit<E, 'seq' | 'generation' | 'at' | 'historical'> : never;
/** An event as its author knows it; the outbox adds sequence, generation and time. */
export type NewEvent = Told<DeviceEvent>;

/** Events for the hub, kept until it has acknowledged them: neither the broker nor memory holds the only copy. */
export type Outbox = {
  /** Adds events in their order; call it inside the transaction of what they tell about. */
  add(...events: NewEvent[]): void;
  /** Events after `seq`, oldest first. */
  after(seq: number, limit: number): DeviceEvent[];
  /** The newest event. */
  newest(): DeviceEvent | undefined;
  /** The hub has committed all up to `seq`: they are forgotten. */
  acknowledge(seq: number): void;
  size(): number;
  /** Events up to this one are acknowledged and forgotten. */
  ackedSeq(): number;
};

const LAST_SEQ = 'event-seq';

export function createOutbox(ledger: Ledger, clock: Clock, added: () => void): Outbox {
  const { database, sqlite, generation } = ledger;
  const inOne = sqlite.transaction((work: () => void) => work());
  // Prepared once: an event is added for each delivery.
  const lastSeq = database.select().from(fact).where(eq(fact.key, LAST_SEQ)).prepare();
  const insert = database
    .insert(outbox)
    .values({ seq: sql.placeholder('seq'), type: sql.placeholder('type'), payload: sql.placeholder('payload') })
    .prepare();
  const keepLast = database
    .insert(fact)
    .values({ key: LAST_SEQ, value: sql.placeholder('value') })
    .onConflictDoUpdate({ target: fact.key, set: { value: sql`excluded.value` } })
    .prepare();
  const next = database
    .select()
    .from(outbox)
    .where(gt(outbox.seq, sql.placeholder('seq')))
    .orderBy(asc(outbox.seq))
    .limit(sql.placeholder('limit'))
    .prepare();
  const waiting = database.select({ count: countOf }).from(outbox).prepare();
  /** Asked of the ledger each time: what a transaction that was rolled back had counted was never given to an event. */
  const last = () => Number(lastSeq.get()?.value ?? 0);
  const parse = (row: { payload: string }) => deviceEvent.parse(JSON.parse(row.payload));
  return {
    add(...events) {
      // All or none, also outside another transaction: a disk that is full between the two would end all events.
      inOne(() => {
        const at = clock.now();
        let seq = last();
        for (const event of events) {
          seq += 1;
          const whole = { ...event, seq, generation, at, historical: false };
          insert.run({ seq, type: event.type, payload: JSON.stringify(whole) });
        }
        keepLast.run({ value: String(seq) });
      });
      added();
    },
    after: (seq, limit) => next.all({ seq, limit }).map(parse),
    newest() {
      const top = database
        .select({ seq: max(outbox.seq) })
        .from(outbox)
        .get()?.seq;
      return top ? this.after(top - 1, 1)[0] : undefined;
    },
    acknowledge(seq) {
      database
        .delete(outbox)
        .where(lte(outbox.seq, Math.min(seq, last())))
        .run();
    },
    ackedSeq: () =>
      (database
        .select({ seq: min(outbox.seq) })
        .from(outbox)
        .get()?.seq ?? last() + 1) - 1,
    size: () => waiting.get()?.count ?? 0,
  };
}
