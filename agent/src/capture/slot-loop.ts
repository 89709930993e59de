import type { Clock } from '@vigie/shared/kit/clock';
import type { Fate, SlotKeeper } from '../slots/keeper.ts';
import type { Calendar } from './calendar.ts';

/** When a source's pictures are due, and who accounts for it. */
export type Schedule = {
  calendar: Calendar;
  keeper: SlotKeeper;
  /** Was the clock set since this was asked last? What follows from it for earlier slots is done then. */
  clockWasSet: () => Promise<boolean>;
};

/** A capture of which everything is done that can be done before its slot. */
export type Prepared = { id: number; slotAt: number; number: number; isReady: boolean };

/** The record and the folder of a capture are made this long before its slot, so that only the camera is left to be told. */
export const LEAD_MS = 250;
/** The clock is looked at this often while the next slot is far: it may have been set. */
const LOOK_EVERY_MS = 10_000;
/** So many slots that passed while the camera was busy are told one by one. */
const TOLD_MAX = 100;
/** A slot is taken late only while the next one is not due; after this long the machine has slept. */
const LATE_MAX_MS = 3_600_000;

export const BUSY = { code: 'camera-busy', message: 'the capture before it had not ended' };
const BUSY_FATE: Fate = { state: 'failed', ...BUSY };
const ASLEEP: Fate = { state: 'off', code: 'asleep', message: 'the machine was asleep, or the agent stood still' };

/** Takes each slot when it is due, one after the other, until the signal aborts or none follows. */
export async function runSlots(
  options: {
    schedule: Schedule;
    prepare: (slotAt: number, day: string) => Promise<Prepared>;
    abandon: (prepared: Prepared) => void;
    attempt: (slotAt: number, signal: AbortSignal, prepared?: Prepared) => Promise<unknown>;
    /** A slot could not be taken: the camera was busy with another one. */
    busy: (slotAt: number, day: string) => void;
    /** When the last capture ended, by the machine's clock. */
    endedAt: () => number;
    /** Waits for the captures that were asked for before. */
    inTurn: <T>(work: () => Promise<T>) => Promise<T>;
    awaits: (at: number | null) => void;
    clock: Clock;
  },
  signal: AbortSignal,
): Promise<void> {
  const { schedule, endedAt, clock } = options;
  const { calendar, keeper } = schedule;
  let prepared: Prepared | undefined;
  /** When the last attempt began, by the monotonic clock. */
  let begunAt = -Infinity;

  function drop(): void {
    if (prepared) options.abandon(prepared);
    prepared = undefined;
  }

  /** Waits for a slot: until it is due, or the clock was set and all is to be asked anew. */
  async function wait(slotAt: number): Promise<'due' | 'set'> {
    while (!signal.aborted) {
      if (await schedule.clockWasSet()) return 'set';
      const left = slotAt - clock.now();
      if (left <= 0) return 'due';
      if (left <= LEAD_MS && prepared === undefined) prepared = await options.prepare(slotAt, keeper.dayOf(slotAt));
      else await clock.sleep(Math.min(left > LEAD_MS ? left - LEAD_MS : left, LOOK_EVERY_MS), signal);
    }
    return 'set';
  }

  /** A clock that was set back comes to a slot again: it is not taken twice, unless its time has really come again. */
  function isRepeated(slotAt: number): boolean {
    if (!keeper.isTaken(slotAt)) return false;
    const gap = (calendar.next(slotAt) ?? slotAt) - slotAt;
    return clock.monotonic() + slotAt - clock.now() - begunAt < gap / 2;
  }

  /** How a slot ended that passed without an attempt. */
  const fateOf = (slotAt: number): Fate => (slotAt <= endedAt() ? BUSY_FATE : ASLEEP);

  /** Takes the newest slot that is due. Those before it could not be taken any more. Returns the slot that it came to. */
  async function takeDue(first: number): Promise<number> {
    const now = clock.now();
    if (now - first > LATE_MAX_MS) {
      drop();
      keeper.passed(now, fateOf(first));
      return now;
    }
    let slotAt = first;
    let told = 0;
    for (const next of calendar.slots(first, now)) {
      if (next.excluded) continue;
      if (prepared?.slotAt === slotAt) drop();
      if (fateOf(slotAt) === BUSY_FATE && told < TOLD_MAX) {
        options.busy(slotAt, keeper.dayOf(slotAt));
        told += 1;
      }
      slotAt = next.at;
    }
    prepared ??= await options.prepare(slotAt, keeper.dayOf(slotAt));
    begunAt = clock.monotonic();
    const mine = prepared;
    prepared = undefined;
    const rest = fateOf(slotAt);
    await options.attempt(slotAt, signal, mine);
    keeper.passed(slotAt, rest);
    return slotAt;
  }

  let after = clock.now();
  while (!signal.aborted) {
    const slotAt = calendar.next(after);
    options.awaits(slotAt ?? null);
    if (slotAt === undefined) return;
    if (isRepeated(slotAt)) after = slotAt;
    else if ((await wait(slotAt)) === 'due') after = await options.inTurn(() => takeDue(slotAt));
    else {
      drop();
      after = clock.now();
    }
  }
}
