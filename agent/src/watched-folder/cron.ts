import { messageOf } from '@vigie/shared/kit/errors';
import { Cron } from 'croner';

/** The first time (ms since 1970) after `after`; undefined when none follows. */
export type CronSchedule = (after: number) => number | undefined;

/**
 * Times by Quartz's cron grammar: second minute hour day-of-month month day-of-week, and a year if wanted; 1 is Sunday.
 * Source: Quartz 1.4, CronTrigger.
 *
 * @param zone IANA zone in which the pattern tells time
 */
export function cronSchedule(pattern: string, zone: string): CronSchedule {
  const cron = parsed(pattern, zone);
  return (after) => cron.nextRun(new Date(after))?.getTime();
}

const FIELDS = ['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week', 'year'];
const ANY = ['*', '*', '*', '*', '*', '?', '*'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** What is wrong with a pattern: which field, at which character (the first is 1), and why; undefined when nothing is. */
export function cronFault(pattern: string): string | undefined {
  const fields = [...pattern.matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, at: index + 1 }));
  if (fields.length < 6 || fields.length > 7) {
    return `${fields.length} fields; 6 or 7 are allowed: ${FIELDS.join(', ')} (which may be left out)`;
  }
  for (const [index, { text, at }] of fields.entries()) {
    if (text === '?' && index !== 3 && index !== 5) return `character ${at}: "?" is allowed for days alone`;
    try {
      parsed(ANY.map((any, other) => (other === index ? text : any)).join(' '), 'UTC');
    } catch (error) {
      return `character ${at}, the ${FIELDS[index]}: ${messageOf(error).replace(/^\w+: /, '')}`;
    }
  }
  const [day, weekday] = [fields[3], fields[5]] as [{ text: string; at: number }, { text: string; at: number }];
  if ((day.text === '?') === (weekday.text === '?')) {
    return `character ${day.at}: of day of the month and day of the week one is "?", and one is not`;
  }
  return undefined;
}

const parsed = (pattern: string, timezone: string): Cron =>
  new Cron(inWordsOfTheLibrary(pattern), {
    timezone,
    paused: true,
    mode: '6-or-7-parts',
    alternativeWeekdays: true,
    sloppyRanges: true,
    domAndDow: true,
  });

/** Two things of the day of the week are not in its grammar: `L` alone, a Saturday, and a range that runs over the week's end. */
function inWordsOfTheLibrary(pattern: string): string {
  const fields = pattern.trim().toUpperCase().split(/\s+/);
  fields[5] = (fields[5] as string)
    .split(',')
    .map((part) => {
      if (part === 'L') return 'SAT';
      const [from, to] = part.split('-').map((day) => (/^[1-7]$/.test(day) ? Number(day) - 1 : DAYS.indexOf(day)));
      if (from === undefined || to === undefined || from < 0 || to < 0 || from <= to) return part;
      return [...DAYS.slice(from), ...DAYS.slice(0, to + 1)].join(',');
    })
    .join(',');
  return fields.join(' ');
}
