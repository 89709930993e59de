import { instantOf, localTime } from './zone.ts';

/** A date of some zone's calendar, `YYYY-MM-DD`: it compares as text. */
export type LocalDate = string;

const two = (n: number): string => String(n).padStart(2, '0');

export function dateOf(instantMs: number, zone: string): LocalDate {
  const { year, month, day } = localTime(instantMs, zone);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** The date so many days later. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Sunday. */
export const weekdayOf = (date: LocalDate): number => new Date(`${date}T00:00:00Z`).getUTCDay();

/**
 * The instant of a wall-clock time of a date, as milliseconds after midnight; 24 h is the midnight that ends it. In a repeated
 * hour the first, in a skipped hour the instant after it.
 */
export function instantOn(date: LocalDate, clockMs: number, zone: string): number {
  const days = Math.floor(clockMs / DAY_MS);
  const [year, month, day] = addDays(date, days).split('-').map(Number) as [number, number, number];
  const rest = clockMs - days * DAY_MS;
  const time = {
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    millisecond: rest % 1000,
  };
  return instantOf({ year, month, day, ...time }, zone);
}

export const DAY_MS = 86_400_000;
