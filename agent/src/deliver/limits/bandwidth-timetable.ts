import { localTime } from '@vigie/shared/kit/zone';

/** Bytes a second; undefined: no limit. */
export type Bandwidth = { up: number | undefined; down: number | undefined };

/** Which bandwidth holds from which minute of the week on (0 is Sunday, 00:00), in order; the last one goes on into the next week. */
export type BandwidthTimetable = { from: number; bandwidth: Bandwidth }[];

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY_MINUTES = 24 * 60;
const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/**
 * Reads a bandwidth or a timetable of bandwidths; undefined where the text is none.
 *
 * `512K`, `10M:1M` (up and down), `off`, or `08:00,512K 18:00,10M sat-00:00,off`: entries of an optional weekday, a time of day and a
 * bandwidth, between them blanks or `;`. Without a unit the figure is in KiB a second; 0 and `off` are no limit.
 * Source: rclone's documentation of --bwlimit.
 */
export function parseTimetable(text: string): BandwidthTimetable | undefined {
  const entries = text.split(/[\s;]+/).filter((entry) => entry !== '');
  const [first] = entries;
  if (first === undefined) return undefined;
  if (entries.length === 1 && !first.includes(',')) {
    const bandwidth = bandwidthOf(first);
    return bandwidth && [{ from: 0, bandwidth }];
  }
  const table: BandwidthTimetable = [];
  for (const entry of entries) {
    const found = entryOf(entry);
    if (!found) return undefined;
    table.push(...found);
  }
  return table.sort((a, b) => a.from - b.from);
}

/** The bandwidth at an instant, by the clocks of a zone. */
export function bandwidthAt(table: BandwidthTimetable, instantMs: number, zone: string): Bandwidth {
  const { year, month, day, hour, minute } = localTime(instantMs, zone);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const now = weekday * DAY_MINUTES + hour * 60 + minute;
  const entry = table.findLast(({ from }) => from <= now) ?? table.at(-1);
  return entry?.bandwidth ?? { up: undefined, down: undefined };
}

function entryOf(text: string): BandwidthTimetable | undefined {
  const [, weekday, hours, minutes, figure] = /^(?:([A-Za-z]+)-)?(\d\d?):(\d\d),(.+)$/.exec(text) ?? [];
  const bandwidth = figure === undefined ? undefined : bandwidthOf(figure);
  if (!bandwidth || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const days = weekday === undefined ? [0, 1, 2, 3, 4, 5, 6] : [weekdayOf(weekday)];
  if (days.includes(-1)) return undefined;
  return days.map((day) => ({ from: day * DAY_MINUTES + Number(hours) * 60 + Number(minutes), bandwidth }));
}

const weekdayOf = (text: string): number =>
  text.length < 3
    ? -1
    : WEEKDAYS.findIndex((day) => text.toLowerCase() === day || text.toLowerCase() === day.slice(0, 3));

function bandwidthOf(text: string): Bandwidth | undefined {
  const parts = text.split(':');
  if (parts.length > 2) return undefined;
  const [up, down = up] = parts.map(amountOf);
  return up === undefined || down === undefined ? undefined : { up: limitOf(up), down: limitOf(down) };
}

const limitOf = (bytes: number): number | undefined => (bytes === 0 ? undefined : bytes);

/** Bytes; 0 for `off`. */
function amountOf(text: string): number | undefined {
  if (text === 'off') return 0;
  const [, figure, unit = 'K'] = /^(\d+(?:\.\d+)?)([BKMGTP])?(?:i?B|i)?$/i.exec(text) ?? [];
  return figure === undefined ? undefined : Math.round(Number(figure) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
}
