import type { Clock } from '@vigie/shared/kit/clock';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { capture } from './schema.ts';

/** Attempts to take a picture, by slot: what was expected and what came of it. */
export type Captures = {
  begin(slotAt: number): number;
  captured(id: number): void;
  failed(id: number, slotAt: number, failure: { code: string; message: string }): void;
  /** Those that have begun and not ended: under way now, or cut short with an earlier life of the agent. */
  running(): { id: number; slotAt: number }[];
  lastSlot(): number | undefined;
  lastCapturedAt(): number | undefined;
  lastFailure(): { at: number; code: string; message: string } | undefined;
};

const KEPT_MAX = 200_000;

export function createCaptures(ledger: Ledger, source: string, outbox: Outbox, clock: Clock): Captures {
  const { database } = ledger;
  const mine = eq(capture.source, source);
  const newest = (state: 'captured' | 'failed') =>
    database
      .select()
      .from(capture)
      .where(and(mine, eq(capture.state, state)))
      .orderBy(desc(capture.id))
      .limit(1)
      .get();
  return {
    begin(slotAt) {
      const { id } = database
        .insert(capture)
        .values({ source, slotAt, state: 'running' })
        .returning({ id: capture.id })
        .get();
      if (id % 1000 === 0) database.run(sql`delete from capture where id <= ${id - KEPT_MAX}`);
      return id;
    },
    captured(id) {
      database.update(capture).set({ state: 'captured', finishedAt: clock.now() }).where(eq(capture.id, id)).run();
    },
    failed(id, slotAt, { code, message }) {
      const text = message.slice(0, 1000);
      database.transaction(() => {
        database
          .update(capture)
          .set({ state: 'failed', code, message: text, finishedAt: clock.now() })
          .where(eq(capture.id, id))
          .run();
        outbox.add({ type: 'capture-failed', source, slotAt, code, message: text });
      });
    },
    running: () =>
      database
        .select({ id: capture.id, slotAt: capture.slotAt })
        .from(capture)
        .where(and(mine, eq(capture.state, 'running')))
        .all(),
    lastSlot: () =>
      database.select({ slotAt: capture.slotAt }).from(capture).where(mine).orderBy(desc(capture.slotAt)).limit(1).get()
        ?.slotAt,
    lastCapturedAt: () => newest('captured')?.finishedAt ?? undefined,
    lastFailure() {
      const row = newest('failed');
      return row && { at: row.finishedAt ?? row.slotAt, code: row.code ?? 'internal', message: row.message ?? '' };
    },
  };
}
