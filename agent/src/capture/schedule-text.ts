import type { Moment, Window } from './schedule.ts';

/** What the state's field holds at most. */
const TEXT_MAX = 120;
const SHOWN_MAX = 2;

/**
 * Windows in a few words, for people: `every 5 min, 06:00–20:00`, `every 10 min, sunrise -30 min to sunset, Mon–Fri`. The first two are
 * told and the others counted; exceptions are not told. At most 120 characters.
 */
export function windowsText(windows: readonly Window[]): string {
  const texts = windows.map(windowText);
  const more = texts.length - SHOWN_MAX;
  const all = [...texts.slice(0, SHOWN_MAX), ...(more > 0 ? [`${more} more`] : [])].join('; ');
  if (all.length <= TEXT_MAX) return all;
  const first = texts.length > 1 ? `${texts[0]}; ${texts.length - 1} more` : (texts[0] as string);
  return first.length <= TEXT_MAX ? first : `${first.slice(0, TEXT_MAX - 1)}…`;
}

function windowText({ rate, from, to, days }: Window): string {
  const often = 'cron' in rate ? `cron ${rate.cron}` : `every ${spanText(rate.everyMs)}`;
  return [often, spanOf(from, to), days && daysText(days)].filter(Boolean).join(', ');
}

function spanOf(from: Moment | undefined, to: Moment | undefined): string | undefined {
  if (from && to) return `${momentText(from)}${'sun' in from || 'sun' in to ? ' to ' : '–'}${momentText(to)}`;
  if (from) return `from ${momentText(from)}`;
  return to && `until ${momentText(to)}`;
}

function momentText(moment: Moment): string {
  if ('sun' in moment) {
    const { sun, offsetMs } = moment;
    return offsetMs === 0 ? sun : `${sun} ${offsetMs < 0 ? '-' : '+'}${spanText(Math.abs(offsetMs))}`;
  }
  const { clockMs } = moment;
  const parts = [clockMs / 3_600_000, (clockMs / 60_000) % 60, (clockMs / 1000) % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  return (parts[2] === '00' ? parts.slice(0, 2) : parts).join(':');
}

const UNITS: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** `1 h 30 min`, exactly. */
function spanText(ms: number): string {
  let rest = ms;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** Monday first, as weeks are read; three and more in a row become a range. */
const WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function daysText(days: readonly number[]): string | undefined {
  const has = WEEK.map((_, n) => days.includes((n + 1) % 7));
  if (has.every(Boolean)) return undefined;
  const parts: string[] = [];
  for (let first = 0; first < WEEK.length; first++) {
    if (!has[first]) continue;
    let last = first;
    while (has[last + 1]) last++;
    if (last - first < 2) last = first;
    parts.push(last === first ? (WEEK[first] as string) : `${WEEK[first]}–${WEEK[last]}`);
    first = last;
  }
  return parts.join(', ');
}
