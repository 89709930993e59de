import { cronPattern } from '@vigie/shared/kit/cron';
import { DAY_MS } from '@vigie/shared/kit/dates';
import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';
import type { Location, Moment, Schedule, Window } from './schedule.ts';
import { SUN_EVENTS, type SunEvent } from './sun.ts';

/** The settings of a source's calendar. See `docs/schedule.md`. */

/** An interval between captures: one second or more. */
export const interval = duration.refine((ms) => ms >= 1000, 'one second or more is allowed');

/** Where the site lies, for windows by the sun. */
export const locationConfig = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});

/** A text with a meaning, or what is allowed instead. */
const parsed = <T>(parse: (text: string) => T | undefined, allowed: string) =>
  z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `"${text}": ${allowed}` });
    return z.NEVER;
  });

const moment = parsed(
  momentOf,
  `a time of day is allowed, such as 08:00 or 24:00, or ${SUN_EVENTS.join(', ')} with an offset of at most 12h, such as sunrise-30m`,
);

function momentOf(text: string): Moment | undefined {
  const clock = /^(\d\d):([0-5]\d)(?::([0-5]\d))?$/
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (clock) {
    const [hour, minute, second] = clock as [number, number, number];
    const clockMs = hour * 3_600_000 + minute * 60_000 + second * 1000;
    return clockMs <= DAY_MS ? { clockMs } : undefined;
  }
  const [, event, sign, amount] = /^([a-z]+)(?:([+-])(\d.*))?$/.exec(text) ?? [];
  if (!SUN_EVENTS.includes(event as SunEvent)) return undefined;
  const offset = duration.safeParse(amount ?? '0s');
  if (!offset.success || offset.data > DAY_MS / 2) return undefined;
  return { sun: event as SunEvent, offsetMs: sign === '-' ? -offset.data : offset.data };
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const days = parsed(daysOf, 'weekdays are allowed, such as mon-fri or sat, sun');

function daysOf(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last, ...more] = part
      .trim()
      .split('-')
      .map((day) => DAYS.indexOf(day));
    if (first === undefined || first < 0 || last === -1 || more.length > 0) return undefined;
    const count = (((last ?? first) - first + 7) % 7) + 1;
    for (let n = 0; n < count; n++) found.add((first + n) % 7);
  }
  return [...found].sort();
}

const dates = parsed((text) => {
  const [first, last = first, ...more] = text.split('..');
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  return isDate(first) && isDate(last) && first <= last ? { first, last } : undefined;
}, 'a date is allowed, such as 2026-12-25, or two with ".." between them');

const isDate = (text: string): boolean => z.iso.date().safeParse(text).success;

const window = z
  .strictObject({
    every: interval.optional(),
    cron: cronPattern.optional(),
    days: days.optional(),
    from: moment.optional(),
    to: moment.optional(),
  })
  .refine(({ every, cron }) => (every === undefined) !== (cron === undefined), {
    path: ['every'],
    message: 'one of "every" and "cron" is needed in a window, and one alone',
  })
  .transform(
    ({ every, cron, ...rest }): Window => ({
      rate: every === undefined ? { cron: cron as string } : { everyMs: every },
      ...rest,
    }),
  );

export const scheduleConfig = z.strictObject({
  windows: z.array(window).min(1, 'at least one window is needed').max(64),
  /** Dates without captures, or with windows of their own; the first that names a date holds. */
  exceptions: z
    .array(
      z.strictObject({
        dates: z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(dates).min(1).max(1000)),
        windows: z.array(window).max(64).default([]),
      }),
    )
    .max(1000)
    .default([]),
});

export type ScheduleSettings = {
  every?: number | undefined;
  cron?: string | undefined;
  schedule?: z.infer<typeof scheduleConfig> | undefined;
};

/** The schedule that a source's settings stand for; undefined where it takes pictures on demand alone. */
export function scheduleOf(
  settings: ScheduleSettings,
  zone: string,
  location: Location | undefined,
): Schedule | undefined {
  if (settings.every !== undefined) return { everyMs: settings.every };
  if (settings.cron !== undefined) return { cron: settings.cron, zone };
  return settings.schedule && { ...settings.schedule, zone, location: needsSun(settings) ? location : undefined };
}

/** Does a window go by the sun? Then the site's coordinates are needed. */
export function needsSun({ schedule }: ScheduleSettings): boolean {
  const all = [...(schedule?.windows ?? []), ...(schedule?.exceptions ?? []).flatMap((e) => e.windows)];
  return all.some(({ from, to }) => [from, to].some((moment) => moment !== undefined && 'sun' in moment));
}
