import { hash } from 'node:crypto';
import { type Bucket, combine, EMPTY_DIGEST, pack } from './inventory.ts';

/**
 * A source's inventory in figures, as it travels: by day, or by month where the days are a long list. Where the months are a long list too
 * (folders that are no days stand for themselves) they are told in groups, at the level of months.
 */
export type DigestList = { level: 'day' | 'month'; list: string };

/** Some five weeks of days. The digest goes out after each change, so it has to stay small; the days of a month are asked for. */
const DAYS_BYTES_MAX = 2 * 1024;
/** Some fifty years of months; 256 groups take less than half of it. */
const MONTHS_BYTES_MAX = 32 * 1024;

export function digestList(buckets: readonly Bucket[], limitBytes = DAYS_BYTES_MAX): DigestList {
  const list = pack(buckets);
  if (list.length <= limitBytes) return { level: 'day', list };
  const months = pack(byMonth(buckets));
  return { level: 'month', list: months.length <= MONTHS_BYTES_MAX ? months : pack(byGroup(buckets)) };
}

/** The month of a day bucket (`202611`, `raw/202611`); a bucket that is no day stands for itself. */
export const monthOf = (day: string): string => /^(?:.*\/)?\d{6}(?=\d\d)/.exec(day)?.[0] ?? day;

/** The group of a bucket, one of 256: by the beginning of the SHA-256 of its month. No bucket has a name like it. */
export const groupOf = (day: string): string => `//${hash('sha256', monthOf(day)).slice(0, 2)}`;

/** Are these keys, of the level of months, groups? */
export const areGroups = (keys: readonly string[]): boolean => keys.some((key) => key.startsWith('//'));

/** Does a day belong to one of these keys, months or groups? */
export function withinMonths(keys: readonly string[]): (day: string) => boolean {
  const asked = new Set(keys);
  return areGroups(keys)
    ? (day) => asked.has(groupOf(day)) || asked.has(monthOf(day))
    : (day) => asked.has(monthOf(day));
}

/** Months in figures: a month's digest is the exclusive or of its days'. */
export const byMonth = (buckets: readonly Bucket[]): Bucket[] => joined(buckets, monthOf);
/** The same in groups. */
export const byGroup = (buckets: readonly Bucket[]): Bucket[] => joined(buckets, groupOf);

function joined(buckets: readonly Bucket[], keyOf: (day: string) => string): Bucket[] {
  const all = new Map<string, Bucket>();
  for (const { day, count, bytes, digest } of buckets) {
    const key = keyOf(day);
    const sum = all.get(key) ?? { day: key, count: 0, bytes: 0, digest: EMPTY_DIGEST };
    all.set(key, {
      day: key,
      count: sum.count + count,
      bytes: sum.bytes + bytes,
      digest: combine(sum.digest, digest),
    });
  }
  return [...all.values()];
}
