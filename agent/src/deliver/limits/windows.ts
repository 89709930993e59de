import { addDays, DAY_MS, dateOf, instantOn, weekdayOf } from '@vigie/shared/kit/dates';

/** Hours of the day in which something may be delivered: ms after midnight; `to` at or before `from` is on the next day. */
export type Window = { days: readonly number[] | undefined; fromMs: number; toMs: number };

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** `22:00-06:00`, or with weekdays of its beginning before it: `sat,sun 00:00-24:00`, `mon-fri 22:00-06:00`. */
export function parseWindow(text: string): Window | undefined {
  const [, days, from, to] = /^(?:([a-z,-]+) )?(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  const [fromMs, toMs] = [clockOf(from), clockOf(to)];
  const weekdays = days === undefined ? undefined : weekdaysOf(days);
  if (fromMs === undefined || toMs === undefined || fromMs === DAY_MS || weekdays === null) return undefined;
  return { days: weekdays, fromMs, toMs: toMs <= fromMs ? toMs + DAY_MS : toMs };
}

/** When one of these windows is open next (ms since 1970): now, where one is open already. */
export function nextOpening(windows: readonly Window[], now: number, zone: string): number {
  const today = dateOf(now, zone);
  let next = Number.POSITIVE_INFINITY;
  for (const { days, fromMs, toMs } of windows) {
    // Yesterday's may reach into today; within a week and a day each weekday comes.
    for (let offset = -1; offset <= 8; offset++) {
      const date = addDays(today, offset);
      if (days && !days.includes(weekdayOf(date))) continue;
      const [from, to] = [instantOn(date, fromMs, zone), instantOn(date, toMs, zone)];
      if (to > now) next = Math.min(next, Math.max(from, now));
    }
  }
  return next;
}

function clockOf(text: string | undefined): number | undefined {
  const [hours, minutes] = (text ?? '').split(':').map(Number);
  if (hours === undefined || minutes === undefined || minutes > 59) return undefined;
  const ms = (hours * 60 + minutes) * 60_000;
  return ms <= DAY_MS ? ms : undefined;
}

/** null where a word is no weekday. */
function weekdaysOf(text: string): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((day) => DAYS.indexOf(day));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return null;
    for (let n = 0; n <= (last - first + 7) % 7; n++) found.add((first + n) % 7);
  }
  return [...found];
}
