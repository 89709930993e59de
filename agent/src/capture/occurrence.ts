import { nextCronRun } from '@vigie/shared/kit/cron';
import { addDays, instantOn, type LocalDate, weekdayOf } from '@vigie/shared/kit/dates';
import type { Location, Moment, Window } from './schedule.ts';
import { sunOn } from './sun.ts';

/** A window on one date: the slots from an instant on and before another. */
export type Occurrence = {
  /** The first slot after an instant, or undefined when none follows. */
  next(after: number): number | undefined;
};

/** The window on a date, or undefined where it does not occur: another weekday, or a sun that neither rises nor sets. */
export function occurrenceOn(
  { rate, days, from, to }: Window,
  date: LocalDate,
  { zone, location }: { zone: string; location: Location | undefined },
): Occurrence | undefined {
  if (days && !days.includes(weekdayOf(date))) return undefined;
  const midnight = instantOn(date, 0, zone);
  const begins = from === undefined ? midnight : begin(from, date);
  if (begins === undefined) return undefined;
  const ends = to === undefined ? instantOn(addDays(date, 1), 0, zone) : end(to, date, begins);
  if (ends === undefined) return undefined;
  if ('cron' in rate) return cronOccurrence(rate.cron, zone, begins, ends);
  const anchor = from !== undefined && 'clockMs' in from ? begins : midnight;
  return intervalOccurrence(anchor, rate.everyMs, begins, ends);

  function begin(moment: Moment, on: LocalDate): number | undefined {
    if ('clockMs' in moment) return instantOn(on, moment.clockMs, zone);
    const { at, isUp } = sunOn(moment.sun, on, zone, location);
    if (at !== undefined) return at + moment.offsetMs;
    // The sun is past this point all day, or never gets there.
    return isUp === isRising(moment) ? instantOn(on, 0, zone) : undefined;
  }

  function end(moment: Moment, on: LocalDate, after: number): number | undefined {
    const sameDate = endOn(moment, on);
    // By the wall clock, whose hours may be skipped or come twice.
    if (from !== undefined && 'clockMs' in from && 'clockMs' in moment) {
      return from.clockMs < moment.clockMs ? sameDate : endOn(moment, addDays(on, 1));
    }
    if (sameDate === undefined || sameDate > after) return sameDate;
    return endOn(moment, addDays(on, 1));
  }

  function endOn(moment: Moment, on: LocalDate): number | undefined {
    if ('clockMs' in moment) return instantOn(on, moment.clockMs, zone);
    const { at, isUp } = sunOn(moment.sun, on, zone, location);
    if (at !== undefined) return at + moment.offsetMs;
    // A day that does not end lasts to the date's end, and a night too; one that never began has no window.
    return isUp !== isRising(moment) ? instantOn(addDays(on, 1), 0, zone) : undefined;
  }
}

const isRising = (moment: Moment): boolean => 'sun' in moment && (moment.sun === 'sunrise' || moment.sun === 'dawn');

/** Slots every so many milliseconds from `anchor`, of which those from `from` on and before `to` are taken. */
export function intervalOccurrence(anchor: number, everyMs: number, from: number, to: number): Occurrence {
  return {
    next(after) {
      if (after >= to) return undefined;
      const at =
        after < from
          ? anchor + Math.ceil((from - anchor) / everyMs) * everyMs
          : anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
      return at < to ? at : undefined;
    },
  };
}

/** Slots by a cron pattern, of which those from `from` on and before `to` are taken. */
export function cronOccurrence(pattern: string, zone: string, from: number, to: number): Occurrence {
  return {
    next(after) {
      if (after >= to) return undefined;
      const at = nextCronRun(pattern, zone, Math.max(after, from - 1));
      return at !== undefined && at < to ? at : undefined;
    },
  };
}
