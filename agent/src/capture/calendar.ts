import { addDays, dateOf, instantOn, type LocalDate } from '@vigie/shared/kit/dates';
import { cronOccurrence, intervalOccurrence, type Occurrence, occurrenceOn } from './occurrence.ts';
import type { Exception, Schedule, Window } from './schedule.ts';

/** The slots of one source, worked out from its schedule alone: the same at every start. Instants are ms since 1970. */
export type Calendar = {
  /** The first slot after an instant, or undefined when none follows within eight years. */
  next(after: number): number | undefined;
  /** The slots after `after` and up to `upTo`, in order, each once. Those that an exception takes away say so. */
  slots(after: number, upTo: number): Iterable<Slot>;
};

export type Slot = { at: number; excluded: boolean };

/** 29 February may be eight years away. */
const LOOK_AHEAD_DAYS = 8 * 366;
/** A window may begin before its date, by an offset before sunrise, and end on the second date after it. */
const DAYS_BEFORE = 2;
const OFFSET_MS_MAX = 12 * 3_600_000;
const REMEMBERED_MAX = 32;

export function calendarOf(schedule: Schedule): Calendar {
  if (!('windows' in schedule)) {
    const always =
      'everyMs' in schedule
        ? intervalOccurrence(0, schedule.everyMs, -Infinity, Infinity)
        : cronOccurrence(schedule.cron, schedule.zone, -Infinity, Infinity);
    return withSlots(always.next, () => undefined);
  }
  const { windows, exceptions, zone, location } = schedule;

  /** What is due on a date, and what an exception has taken away from it. */
  type Day = { begins: number; due: Occurrence[]; taken: Occurrence[] };
  const days = new Map<LocalDate, Day>();
  function dayOf(date: LocalDate): Day {
    const known = days.get(date);
    if (known) return known;
    const on = (plan: Window[]) => plan.flatMap((window) => occurrenceOn(window, date, { zone, location }) ?? []);
    const exception = exceptions.find((e) => isOn(e, date));
    const day = {
      begins: instantOn(date, 0, zone),
      due: on(exception?.windows ?? windows),
      taken: exception ? on(windows) : [],
    };
    if (days.size >= REMEMBERED_MAX) days.clear();
    days.set(date, day);
    return day;
  }

  /** The first slot of one kind after an instant and up to `upTo`. */
  function first(kind: 'due' | 'taken', after: number, upTo: number): number | undefined {
    let found: number | undefined;
    let date = addDays(dateOf(after, zone), -DAYS_BEFORE);
    for (let n = 0; n < LOOK_AHEAD_DAYS; n++, date = addDays(date, 1)) {
      const day = dayOf(date);
      if (day.begins - OFFSET_MS_MAX > Math.min(found ?? Infinity, upTo)) break;
      for (const occurrence of day[kind]) {
        const at = occurrence.next(after);
        if (at !== undefined && (found === undefined || at < found)) found = at;
      }
    }
    return found;
  }

  const hasExceptions = exceptions.length > 0;
  return withSlots(
    (after) => first('due', after, Infinity),
    (after, upTo) => (hasExceptions ? first('taken', after, upTo) : undefined),
  );
}

type Next = (after: number) => number | undefined;

/** Joins what is due with what was taken away; what is due all the same is no exception. */
function withSlots(next: Next, nextTaken: (after: number, upTo: number) => number | undefined): Calendar {
  return {
    next,
    *slots(after, upTo) {
      let due = next(after);
      let taken = nextTaken(after, upTo);
      for (;;) {
        const at = Math.min(due ?? Infinity, taken ?? Infinity);
        if (at > upTo) return;
        yield { at, excluded: at !== due };
        if (at === due) due = next(at);
        if (at === taken) taken = nextTaken(at, upTo);
      }
    },
  };
}

const isOn = ({ dates }: Exception, date: LocalDate): boolean =>
  dates.some(({ first, last }) => first <= date && date <= last);
