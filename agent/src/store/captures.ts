import type { Clock } from '@vigie/shared/kit/clock';
import { and, desc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { capture, captureAsset, captureFile, slot } from './schema.ts';

/** Attempts to take a picture, by slot: what was expected and what came of it. */
export type Captures = {
  /** An attempt begins now. It counts for its slot, where the ledger has that one and no picture of it. */
  begin(slotAt: number): number;
  /** An attempt will begin soon, for a slot that is due then; `day` is the slot's, `YYYYMMDD`. */
  prepare(slotAt: number, day: string): number;
  /** The camera has been told to take it. */
  taking(id: number, when: TakenAt): void;
  captured(id: number): void;
  failed(id: number, slotAt: number, failure: { code: string; message: string }): void;
  /** What was prepared and never taken: it is as if it had not been prepared. All of them, but those in `except`. */
  abandon(except: ReadonlySet<number>): void;
  /** Those that have begun and not ended: under way now, or cut short with an earlier life of the agent. */
  running(): { id: number; slotAt: number }[];
  /** When an attempt was made, for a slot's latest one. */
  takenAt(id: number): number | undefined;
  lastSlot(): number | undefined;
  lastCapturedAt(): number | undefined;
  lastFailure(): { at: number; code: string; message: string } | undefined;

  /** A file of a capture is about to enter input under this name. */
  file(captureId: number, name: string): number;
  /** It entered input under another one. */
  named(fileId: number, name: string): void;
  /** Does a file of this name wait to be filed? */
  isWaiting(name: string): boolean;
  /** A job of the watched folder has taken the file of this name. */
  claimed(jobId: string, name: string): void;
  /** What that job had taken was not kept. */
  rejected(jobId: string, reason: string): void;
};

export type Trust = 'wrong' | 'plausible' | 'synchronised';
/** An instant as the clock of then told it, as the machine's own time since its boot, and how far that clock was believed. */
export type TakenAt = { takenAt: number; bootId: string; bootMs: number; trust: Trust };

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

  function add(slotAt: number, state: 'prepared' | 'running'): number {
    const { id } = database.insert(capture).values({ source, slotAt, state }).returning({ id: capture.id }).get();
    if (id % 1000 === 0) forget(id - KEPT_MAX);
    return id;
  }

  function forget(upTo: number): void {
    const files = database.select({ id: captureFile.id }).from(captureFile).where(lte(captureFile.captureId, upTo));
    database.delete(captureAsset).where(inArray(captureAsset.captureFileId, files)).run();
    database.delete(captureFile).where(lte(captureFile.captureId, upTo)).run();
    database.delete(capture).where(lte(capture.id, upTo)).run();
  }

  function abandon(except: ReadonlySet<number>): void {
    database.transaction(() => {
      const rows = database
        .select({ id: capture.id })
        .from(capture)
        .where(and(mine, eq(capture.state, 'prepared')))
        .all();
      for (const { id } of rows.filter((row) => !except.has(row.id))) {
        database
          .delete(slot)
          .where(and(eq(slot.captureId, id), eq(slot.state, 'begun')))
          .run();
        database.delete(capture).where(eq(capture.id, id)).run();
      }
    });
  }

  // Before slots are accounted for: what an earlier life has prepared passed while nobody was there.
  abandon(new Set());

  return {
    begin: (slotAt) =>
      database.transaction(() => {
        const id = add(slotAt, 'running');
        database
          .update(slot)
          .set({ state: 'begun', captureId: id, code: null, message: null })
          .where(
            and(
              eq(slot.source, source),
              eq(slot.at, slotAt),
              inArray(slot.state, ['begun', 'failed', 'off', 'excluded']),
            ),
          )
          .run();
        return id;
      }),
    prepare: (slotAt, day) =>
      database.transaction(() => {
        const id = add(slotAt, 'prepared');
        const row = { state: 'begun' as const, captureId: id, code: null, message: null };
        database
          .insert(slot)
          .values({ source, at: slotAt, day, ...row })
          .onConflictDoUpdate({
            target: [slot.source, slot.at],
            set: row,
            setWhere: inArray(slot.state, ['begun', 'failed', 'off', 'excluded']),
          })
          .run();
        return id;
      }),
    taking(id, when) {
      database
        .update(capture)
        .set({ state: 'running', ...when })
        .where(eq(capture.id, id))
        .run();
    },
    captured(id) {
      database.transaction(() => {
        database.update(capture).set({ state: 'captured', finishedAt: clock.now() }).where(eq(capture.id, id)).run();
        // It may have been filed and delivered already.
        database
          .update(slot)
          .set({
            state: sql`(SELECT standing FROM capture_standing WHERE capture_id = ${id})`,
            code: null,
            message: null,
          })
          .where(eq(slot.captureId, id))
          .run();
      });
    },
    failed(id, slotAt, { code, message }) {
      const text = message.slice(0, 1000);
      database.transaction(() => {
        database
          .update(capture)
          .set({ state: 'failed', code, message: text, finishedAt: clock.now() })
          .where(eq(capture.id, id))
          .run();
        database
          .update(slot)
          .set({ state: 'failed', code, message: text })
          .where(and(eq(slot.captureId, id), eq(slot.state, 'begun')))
          .run();
        outbox.add({ type: 'capture-failed', source, slotAt, code, message: text });
      });
    },
    abandon,
    running: () =>
      database
        .select({ id: capture.id, slotAt: capture.slotAt })
        .from(capture)
        .where(and(mine, eq(capture.state, 'running')))
        .all(),
    takenAt: (id) =>
      database.select({ takenAt: capture.takenAt }).from(capture).where(eq(capture.id, id)).get()?.takenAt ?? undefined,
    lastSlot: () =>
      database.select({ slotAt: capture.slotAt }).from(capture).where(mine).orderBy(desc(capture.slotAt)).limit(1).get()
        ?.slotAt,
    lastCapturedAt: () => newest('captured')?.finishedAt ?? undefined,
    lastFailure() {
      const row = newest('failed');
      return row && { at: row.finishedAt ?? row.slotAt, code: row.code ?? 'internal', message: row.message ?? '' };
    },
    file: (captureId, name) =>
      database.insert(captureFile).values({ captureId, source, name }).returning({ id: captureFile.id }).get().id,
    named(fileId, name) {
      database.update(captureFile).set({ name }).where(eq(captureFile.id, fileId)).run();
    },
    isWaiting: (name) => waiting(name) !== undefined,
    claimed(jobId, name) {
      const known = database.select().from(captureFile).where(eq(captureFile.jobId, jobId)).get();
      const file = known ? undefined : waiting(name);
      if (file) database.update(captureFile).set({ jobId }).where(eq(captureFile.id, file.id)).run();
    },
    rejected(jobId, reason) {
      database.transaction(() => {
        const file = database
          .update(captureFile)
          .set({ rejected: reason.slice(0, 1000), done: true })
          .where(eq(captureFile.jobId, jobId))
          .returning()
          .get();
        if (!file) return;
        database
          .update(slot)
          .set({ state: 'unreadable' })
          .where(and(eq(slot.captureId, file.captureId), inArray(slot.state, ['captured', 'delivered'])))
          .run();
      });
    },
  };

  function waiting(name: string) {
    // The condition stands word for word in the index, so that SQLite takes it.
    return database
      .select({ id: captureFile.id })
      .from(captureFile)
      .where(and(eq(captureFile.source, source), eq(captureFile.name, name), sql`done = 0`))
      .orderBy(desc(captureFile.id))
      .limit(1)
      .get();
  }
}
