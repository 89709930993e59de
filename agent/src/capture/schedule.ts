import type { SunEvent } from './sun.ts';

/**
 * When pictures are due: every so many milliseconds, counted from 1970; by a cron pattern in a zone; or by windows. It is plain
 * data, so that a ledger can keep it.
 */
export type Schedule =
  | { everyMs: number }
  | { cron: string; zone: string }
  | { windows: Window[]; exceptions: Exception[]; zone: string; location: Location | undefined };

/** Degrees; north and east are positive. */
export type Location = { latitude: number; longitude: number };

/**
 * A part of a day at one rate. It belongs to the date on which it begins; where `to` comes before `from`, it ends on the next date.
 * An interval counts from `from` where that is a time of day, else from the midnight that began the date.
 */
export type Window = {
  rate: { everyMs: number } | { cron: string };
  /** 0 is Sunday; every day where absent. */
  days?: number[] | undefined;
  /** From the beginning of the date where absent. */
  from?: Moment | undefined;
  /** Until its end where absent; the instant itself no longer belongs to the window. */
  to?: Moment | undefined;
};

/** A moment of a date: by the wall clock, as milliseconds after midnight (24 h is the next midnight), or by the sun. */
export type Moment = { clockMs: number } | { sun: SunEvent; offsetMs: number };

/** Dates with another plan; with no windows there are no captures. `first` and `last` are `YYYY-MM-DD`, both included. */
export type Exception = { dates: { first: string; last: string }[]; windows: Window[] };
