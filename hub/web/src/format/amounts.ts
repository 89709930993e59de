/** Counts and sizes as people read them: thousands with a comma, decimal units (1 MB = 1,000,000 bytes). */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

export const countText = (count: number): string => whole.format(count);

/** Three figures at most before the unit grows: `0 B`, `940 B`, `4.5 MB`, `82.9 GB`, `201 GB`. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 999.5 would be rounded to a four-figure 1,000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `1 picture`, `2,000 pictures`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

/**
 * How much is done, 0 to 100. All but one of a million is 99, never 100: the last picture counts. Nothing to do is done.
 */
export function percentOf(done: number, total: number): number {
  if (total <= 0 || done >= total) return 100;
  return Math.min(99, Math.max(0, Math.floor((done / total) * 100)));
}
