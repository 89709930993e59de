import { type Bucket, combine, EMPTY_DIGEST, pack } from './inventory.ts';

/** A source's inventory in figures, as it travels: by day, or by month where the days are a long list. */
export type DigestList = { level: 'day' | 'month'; list: string };

/** Some five weeks of days. The digest goes out after each change, so it has to stay small; the days of a month are asked for. */
const DAYS_BYTES_MAX = 2 * 1024;

export function digestList(buckets: readonly Bucket[], limitBytes = DAYS_BYTES_MAX): DigestList {
  const list = pack(buckets);
  return list.length <= limitBytes ? { level: 'day', list } : { level: 'month', list: pack(byMonth(buckets)) };
}

/** The month of a day bucket (`202611`, `raw/202611`); a bucket that is no day stands for itself. */
export const monthOf = (day: string): string => /^(?:.*\/)?\d{6}(?=\d\d)/.exec(day)?.[0] ?? day;

/** Months in figures: a month's digest is the exclusive or of its days'. */
export function byMonth(buckets: readonly Bucket[]): Bucket[] {
  const months = new Map<string, Bucket>();
  for (const { day, count, bytes, digest } of buckets) {
    const key = monthOf(day);
    const month = months.get(key) ?? { day: key, count: 0, bytes: 0, digest: EMPTY_DIGEST };
    months.set(key, {
      day: key,
      count: month.count + count,
      bytes: month.bytes + bytes,
      digest: combine(month.digest, digest),
    });
  }
  return [...months.values()];
}
