import type { Calendar, Slot } from '../capture/calendar.ts';
import type { SlotRow, SlotState, Slots } from '../store/slots.ts';

/** Sees to it that every slot of a source ends in one state, also those for which no capture was ever begun. */
export type SlotKeeper = {
  /**
   * At a start: what has passed while the agent was not running, and what another schedule has taken away. By a clock that is not
   * believed nothing is told: that comes with the true time.
   */
  open(): void;
  /** `YYYYMMDD` of a slot. */
  dayOf(at: number): string;
  /** Has this slot a picture, or one that could not be read? */
  isTaken(at: number): boolean;
  /** Slots up to `upTo` that have no row yet end like this. */
  passed(upTo: number, fate: Fate): void;
  /** Times from `from` on were told by a clock that was wrong: what was worked out from them is worked out anew. */
  reopen(from: number, upTo: number, fateOf: (slot: Slot) => Fate): void;
};

/** How a slot without a capture ends, and why. */
export type Fate = { state: Exclude<SlotState, 'begun' | 'captured' | 'delivered'>; code: string; message: string };

export const DEVICE_OFF: Fate = { state: 'off', code: 'device-off', message: 'the agent was not running' };
export const CLOCK_STEP: Fate = {
  state: 'failed',
  code: 'clock-step',
  message: 'the clock was set forward over this slot',
};
const EXCEPTION: Fate = {
  state: 'excluded',
  code: 'exception',
  message: 'the calendar has an exception for this date',
};
const SCHEDULE_CHANGED: Fate = {
  state: 'excluded',
  code: 'configuration',
  message: 'the configuration was changed: this slot is not expected any more',
};

/** Slots accounted for at once at most, the newest: after a long time away older ones are not told one by one. */
export const ACCOUNTED_MAX = 10_000;
const HOUR_MS = 3_600_000;

export function createSlotKeeper(options: {
  calendar: Calendar;
  /** The schedule as text, and the calendar that such a text stands for. */
  schedule: string;
  calendarOf: (schedule: string) => Calendar;
  slots: Slots;
  dayOf: (at: number) => string;
  /** The midnight that ends the day of an instant. */
  endOfDay: (at: number) => number;
  now: () => number;
  /** Is the clock believed? */
  isBelieved: () => boolean;
}): SlotKeeper {
  const { calendar, schedule, slots, dayOf, now, isBelieved } = options;

  const rowOf = (slot: Slot, { state, code, message }: Fate): SlotRow => ({
    at: slot.at,
    day: dayOf(slot.at),
    state,
    code,
    message,
  });

  function account(by: Calendar, after: number, upTo: number, fateOf: (slot: Slot) => Fate): void {
    if (upTo <= after) return;
    const rows = [...by.slots(newestSpan(by, after, upTo), upTo)].map((slot) =>
      rowOf(slot, slot.excluded ? EXCEPTION : fateOf(slot)),
    );
    slots.fill(rows, upTo);
  }

  /** What the schedule of before still expected today, and the new one does not. */
  function tellRemoved(before: Calendar, from: number): void {
    const end = options.endOfDay(from);
    const kept = new Set<number>();
    for (const { at, excluded } of calendar.slots(from, end - 1)) if (!excluded) kept.add(at);
    const removed = [...before.slots(from, end - 1)].filter(({ at, excluded }) => !excluded && !kept.has(at));
    slots.fill(
      removed.slice(0, ACCOUNTED_MAX).map((slot) => rowOf(slot, SCHEDULE_CHANGED)),
      from,
    );
  }

  function isAlone(after: number, upTo: number): boolean {
    const [first, second] = calendar.slots(after, upTo);
    return first === undefined || (second === undefined && slots.find(first.at) !== undefined);
  }

  return {
    open() {
      if (!isBelieved()) return;
      const at = now();
      const settledTo = slots.settledTo();
      const known = slots.note('schedule');
      if (settledTo === undefined) slots.settle(at);
      else {
        const before = known === undefined || known === schedule ? calendar : options.calendarOf(known);
        account(before, settledTo, at, () => DEVICE_OFF);
        // What an earlier change has taken away may be expected again.
        if (known !== schedule) slots.dropUntaken(at + 1, Number.MAX_SAFE_INTEGER);
        if (before !== calendar && at >= settledTo) tellRemoved(before, at);
      }
      if (known !== schedule) slots.writeNote('schedule', schedule);
    },
    dayOf,
    isTaken(at) {
      const state = slots.find(at)?.state;
      return state === 'captured' || state === 'delivered' || state === 'unreadable';
    },
    passed(upTo, fate) {
      if (!isBelieved()) return;
      const settledTo = slots.settledTo();
      // Mostly there is nothing in between, and the slot itself has its row.
      if (settledTo === undefined || isAlone(settledTo, upTo)) slots.settle(Math.max(upTo, settledTo ?? upTo));
      else account(calendar, settledTo, upTo, () => fate);
    },
    reopen(from, upTo, fateOf) {
      slots.dropUntaken(from, upTo);
      account(calendar, from - 1, upTo, fateOf);
    },
  };
}

/** Where to begin, so that no more than the newest slots of a span are worked out. */
function newestSpan(by: Calendar, after: number, upTo: number): number {
  for (let span = HOUR_MS; ; span *= 2) {
    const from = upTo - span * 2;
    if (from <= after) return hasMore(by, after, upTo) ? Math.max(after, upTo - span) : after;
    if (hasMore(by, from, upTo)) return upTo - span;
  }
}

function hasMore(by: Calendar, after: number, upTo: number): boolean {
  let count = 0;
  for (const _ of by.slots(after, upTo)) {
    count += 1;
    if (count > ACCOUNTED_MAX) return true;
  }
  return false;
}
