import type { Calendar } from '../capture/calendar.ts';
import type { Trust } from '../store/captures.ts';
import type { Slots } from '../store/slots.ts';
import type { TrueTimes, UnsureCapture } from '../store/true-times.ts';
import { CLOCK_STEP, DEVICE_OFF, type SlotKeeper } from './keeper.ts';

/**
 * The clock is believed more than before: the captures of this boot get their true times, their slots become those of these times,
 * and what lay between is accounted for anew. Returns the number of captures that had been told wrong.
 */
export function retell(options: {
  trueTimes: TrueTimes;
  /** Absent where the source takes pictures on demand alone. */
  schedule: { calendar: Calendar; slots: Slots; keeper: SlotKeeper } | undefined;
  bootId: string;
  /** What the clock shows more than the time since boot. */
  offsetMs: number;
  /** The trust of now, and the lesser ones. */
  trust: Trust;
  lesser: readonly Trust[];
  now: number;
}): number {
  const { trueTimes, schedule, bootId, offsetMs, trust, lesser, now } = options;
  const all = trueTimes.unsure(bootId, lesser);
  const trueAt = ({ bootMs }: UnsureCapture) => bootMs + offsetMs;
  const isWrong = (one: UnsureCapture) => Math.abs(trueAt(one) - one.takenAt) >= WRONG_FROM_MS;
  const wrong = all.filter(isWrong);
  trueTimes.together(() => {
    trueTimes.confirm(
      all.filter((one) => !isWrong(one)).map(({ id }) => id),
      trust,
    );
    for (const one of wrong) trueTimes.correct(one.id, trueAt(one), trust);
    if (schedule && wrong.length > 0) moveSlots(schedule);
  });
  return wrong.length;

  function moveSlots({ calendar, slots, keeper }: NonNullable<typeof schedule>): void {
    const moving = wrong.filter(({ id, slotAt }) => slots.find(slotAt)?.captureId === id);
    for (const { from, to } of movesOf(calendar, moving, trueAt)) {
      if (to === undefined) slots.remove(from);
      else slots.move(from, to, keeper.dayOf(to));
    }
    // What a clock told that nobody could believe has settled nothing.
    const told = wrong.filter((one) => one.trust !== 'wrong').map(({ slotAt }) => slotAt);
    // An agent that has never had the time before expects nothing of what was before its first capture.
    const from = Math.min(slots.settledTo() ?? Math.min(...wrong.map(trueAt)), ...told);
    keeper.reopen(from, now, ({ at }) => (at < offsetMs ? DEVICE_OFF : CLOCK_STEP));
  }
}

/** A clock that is slewed may be off by less. */
const WRONG_FROM_MS = 1_000;

/**
 * Which slot each capture was for by its true time: the next one, unless the one before is nearer, and each slot once. Both are in
 * order of time. With no slot left a capture has none.
 */
export function movesOf(
  calendar: Calendar,
  captures: readonly UnsureCapture[],
  trueAt: (one: UnsureCapture) => number,
): { from: number; to: number | undefined }[] {
  let taken = -Infinity;
  const moves = captures.map((one) => {
    const at = trueAt(one);
    const after = calendar.next(at - 1);
    const gap = after === undefined ? 0 : (calendar.next(after) ?? after) - after;
    // Of the slots since one interval before, the nearest that is free.
    let nearest: number | undefined;
    for (const slot of calendar.slots(Math.max(taken, at - gap), at + gap)) {
      if (slot.excluded) continue;
      if (nearest === undefined || Math.abs(slot.at - at) < Math.abs(nearest - at)) nearest = slot.at;
    }
    if (nearest !== undefined) taken = nearest;
    return { from: one.slotAt, to: nearest };
  });
  return moves;
}
