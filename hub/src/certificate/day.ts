import { instantOf } from '@vigie/shared/kit/zone';
import type { CertifiedDayRow } from '../store/certified-days.ts';

/** Is this a day of the calendar, as folders name it (`YYYYMMDD`)? */
export function isDay(text: string): boolean {
  const [year, month, day] = partsOf(text);
  const date = new Date(Date.UTC(year, month - 1, day));
  return /^\d{8}$/.test(text) && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** The instant at which a day is over in a zone. */
export function dayEnd(text: string, zone: string): number {
  const [year, month, day] = partsOf(text);
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  const midnight = { hour: 0, minute: 0, second: 0, millisecond: 0 };
  return instantOf(
    { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate(), ...midnight },
    zone,
  );
}

const partsOf = (text: string): [year: number, month: number, day: number] => [
  Number(text.slice(0, 4)),
  Number(text.slice(4, 6)),
  Number(text.slice(6, 8)),
];

/**
 * Must a day be looked at whole? Yes if its entries have changed since it was last. If only newer reports are there: yes where
 * something was open, or where one of them names something of the day.
 */
export function isDue(
  last: CertifiedDayRow | undefined,
  now: { figures: string; reports: string; isNamed: boolean },
): boolean {
  if (last === undefined || last.figures !== now.figures) return true;
  return last.reports !== now.reports && (!last.whole || now.isNamed);
}
