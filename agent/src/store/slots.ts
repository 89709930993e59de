import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { fact, slot, slotTally } from './schema.ts';

export type SlotState = 'begun' | 'captured' | 'delivered' | 'unreadable' | 'failed' | 'off' | 'excluded';
/** One slot's row. `day` is `YYYYMMDD` in the source's zone; `code` and `message` say why there is no picture. */
export type SlotRow = { at: number; day: string; state: SlotState; code: string | null; message: string | null };
/** Slots of one day by state. Each slot is counted once. */
export type SlotFigures = Record<SlotState, number>;

/** The slots of one source: what was expected, and what became of it. */
export type Slots = {
  /** Every slot up to this instant has its row; undefined before the first start. */
  settledTo(): number | undefined;
  settle(to: number): void;
  /** Gives slots their rows, where they have none, and settles. */
  fill(rows: readonly SlotRow[], settledTo: number): void;
  find(at: number): (SlotRow & { captureId: number | null }) | undefined;
  /** Rows of days, in order. */
  ofDay(day: string): (SlotRow & { captureId: number | null })[];
  figures(day: string): SlotFigures;
  /** Puts a slot's row elsewhere, or over one that has no picture; what stood there is gone. */
  move(at: number, to: number, day: string): void;
  remove(at: number): void;
  /** Rows of slots for which no capture was begun, from `from` up to `upTo`, go. */
  dropUntaken(from: number, upTo: number): void;
  /** A note of this source in the ledger, such as the schedule that its slots were worked out from. */
  note(key: string): string | undefined;
  writeNote(key: string, value: string): void;
};

/** Rows kept of a source: nearly two years at five minutes, two days at a second. Figures are kept for longer. */
export const ROWS_MAX = 200_000;
const FIGURE_DAYS_MAX = 800;
const FORGET_EVERY = 500;

export function createSlots({ database }: Pick<Ledger, 'database'>, source: string, rowsMax = ROWS_MAX): Slots {
  const mine = eq(slot.source, source);
  const at = (instant: number) => and(mine, eq(slot.at, instant));
  const keyOf = (key: string) => `slots/${source}/${key}`;
  let sinceForgotten = 0;

  function note(key: string): string | undefined {
    return database
      .select()
      .from(fact)
      .where(eq(fact.key, keyOf(key)))
      .get()?.value;
  }
  function writeNote(key: string, value: string): void {
    database
      .insert(fact)
      .values({ key: keyOf(key), value })
      .onConflictDoUpdate({ target: fact.key, set: { value } })
      .run();
  }
  function settle(to: number): void {
    writeNote('settled-to', String(to));
    sinceForgotten += 1;
    if (sinceForgotten < FORGET_EVERY) return;
    sinceForgotten = 0;
    database.transaction(forget);
  }

  /** The oldest rows go when there are too many; the figures of their days stay. */
  function forget(): void {
    const [oldest] = database
      .select({ at: slot.at })
      .from(slot)
      .where(mine)
      .orderBy(sql`${slot.at} desc`)
      .limit(1)
      .offset(rowsMax)
      .all();
    if (oldest) {
      const old = and(mine, sql`${slot.at} <= ${oldest.at}`);
      database.update(slot).set({ state: 'forgotten' }).where(old).run();
      database.delete(slot).where(old).run();
    }
    const [first] = database
      .selectDistinct({ day: slotTally.day })
      .from(slotTally)
      .where(eq(slotTally.source, source))
      .orderBy(sql`${slotTally.day} desc`)
      .limit(1)
      .offset(FIGURE_DAYS_MAX)
      .all();
    if (first)
      database
        .delete(slotTally)
        .where(and(eq(slotTally.source, source), sql`${slotTally.day} <= ${first.day}`))
        .run();
  }

  return {
    settledTo() {
      const value = note('settled-to');
      return value === undefined ? undefined : Number(value);
    },
    settle,
    fill(rows, settledTo) {
      database.transaction(() => {
        const { placeholder } = sql;
        const [day, state] = [placeholder('day'), placeholder('state')];
        const [code, message] = [placeholder('code'), placeholder('message')];
        const values = { source, at: placeholder('at'), day, state, code, message };
        const insert = database.insert(slot).values(values).onConflictDoNothing().prepare();
        for (const row of rows) insert.run(row);
        sinceForgotten += rows.length;
        settle(settledTo);
      });
    },
    find: (instant) => database.select().from(slot).where(at(instant)).get() as ReturnType<Slots['find']>,
    ofDay: (day) =>
      database
        .select()
        .from(slot)
        .where(and(mine, eq(slot.day, day)))
        .orderBy(asc(slot.at))
        .all() as ReturnType<Slots['ofDay']>,
    figures(day) {
      const figures = { begun: 0, captured: 0, delivered: 0, unreadable: 0, failed: 0, off: 0, excluded: 0 };
      const rows = database
        .select()
        .from(slotTally)
        .where(and(eq(slotTally.source, source), eq(slotTally.day, day)))
        .all();
      for (const { state, count } of rows) figures[state as SlotState] = count;
      return figures;
    },
    move(from, to, day) {
      database.transaction(() => {
        const row = database.select().from(slot).where(at(from)).get();
        if (!row) return;
        database.delete(slot).where(at(from)).run();
        const moved = { ...row, at: to, day };
        database
          .insert(slot)
          .values(moved)
          .onConflictDoUpdate({
            target: [slot.source, slot.at],
            set: moved,
            setWhere: inArray(slot.state, ['begun', 'failed', 'off', 'excluded']),
          })
          .run();
      });
    },
    remove(instant) {
      database.delete(slot).where(at(instant)).run();
    },
    dropUntaken(from, upTo) {
      database
        .delete(slot)
        .where(and(mine, sql`${slot.captureId} is null and ${slot.at} >= ${from} and ${slot.at} <= ${upTo}`))
        .run();
    },
    note,
    writeNote,
  };
}
