import { z } from 'zod';

/** A calendar date and wall-clock time in some zone. `month` 1–12, `hour` 0–23. */
export type LocalTime = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall-clock time of an instant (ms since 1970) in an IANA zone. Source of the rules: Node's ICU data. */
export function localTime(instantMs: number, zone: string): LocalTime {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instantMs)) part[type] = Number(value);
  return {
    year: part.year as number,
    month: part.month as number,
    day: part.day as number,
    hour: part.hour as number,
    minute: part.minute as number,
    second: part.second as number,
    millisecond: ((instantMs % 1000) + 1000) % 1000,
  };
}

/** Milliseconds by which the zone is ahead of UTC at an instant. */
export function offsetMs(instantMs: number, zone: string): number {
  const local = localTime(instantMs, zone);
  const { year, month, day, hour, minute, second, millisecond } = local;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - instantMs;
}

/** The instant's name for files and folders: `YYYYMMDDHHMMSS` in the zone. */
export function stamp(instantMs: number, zone: string): string {
  const t = localTime(instantMs, zone);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(t.year).padStart(4, '0')}${two(t.month)}${two(t.day)}${two(t.hour)}${two(t.minute)}${two(t.second)}`;
}

/** The instant of a wall-clock time in a zone; in a repeated hour the first, in a skipped hour the instant after it. */
export function instantOf(local: LocalTime, zone: string): number {
  const { year, month, day, hour, minute, second, millisecond } = local;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  const before = asUtc - offsetMs(asUtc - 86_400_000, zone);
  const after = asUtc - offsetMs(asUtc + 86_400_000, zone);
  if (before === after) return before;
  const first = Math.min(before, after);
  return offsetMs(first, zone) === asUtc - first ? first : Math.max(before, after);
}

/** The instant that a name or the last part of a path tells: `YYYYMMDDHHMMSS` at its beginning, in the zone. The inverse of `stamp`. */
export function stampedAt(path: string, zone: string): number | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)/.exec(name)?.slice(1).map(Number);
  if (!digits) return undefined;
  const [year, month, day, hour, minute, second] = digits as [number, number, number, number, number, number];
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return instantOf({ year, month, day, hour, minute, second, millisecond: 0 }, zone);
}

/** Is this an IANA zone that the runtime knows? */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** A zone in configuration. */
export const zoneName = z.string().refine(isZone, 'an IANA time zone is allowed, such as Europe/Paris');
