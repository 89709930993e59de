/** Day folders (`YYYYMMDD`) and the calendar's dates (`YYYY-MM-DD`). */
export const isDay = (text: string): boolean => /^\d{8}$/.test(text);

export const dateOfDay = (day: string): string => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`;
export const dayOfDate = (date: string): string => date.slice(0, 10).replaceAll('-', '');
export const monthOfDate = (date: string): string => dayOfDate(date).slice(0, 6);

/** `Tuesday, 3 March 2026`; what is no day is shown as it is. */
export function dayText(day: string): string {
  if (!isDay(day)) return day;
  const at = Date.parse(`${dateOfDay(day)}T00:00:00Z`);
  if (Number.isNaN(at)) return day;
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(at);
}

/** The date now in a zone, as the calendar writes it. */
export function dateIn(zone: string | undefined, now: number): string {
  const format = (timeZone: string | undefined) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(now);
  try {
    return format(zone);
  } catch (cause) {
    if (cause instanceof RangeError) return format(undefined);
    throw cause;
  }
}

/** How warm a day is, 0 (none) to 4, by its share of the month's fullest day. */
export function warmth(count: number, most: number): 0 | 1 | 2 | 3 | 4 {
  if (count <= 0 || most <= 0) return 0;
  return Math.min(4, Math.max(1, Math.ceil((count / most) * 4))) as 1 | 2 | 3 | 4;
}
