import { areGroups, byGroup, byMonth, groupOf, monthOf, withinMonths } from '@vigie/shared/protocol/digest-list';
import { type OutlineDay, shortDigest } from '@vigie/shared/protocol/finer-levels';
import type { Bucket } from '@vigie/shared/protocol/inventory';

/** What has to be asked for until both sides know the same; both lists empty means that they agree. */
export type Gap = { days: string[]; months: string[] };

/** Compares the hub's buckets with what the device tells, by day or by month (or group of months). */
export function digestGap(own: readonly Bucket[], told: readonly Bucket[], level: 'day' | 'month'): Gap {
  const ownMonths = () => (areGroups(told.map(({ day }) => day)) ? byGroup(own) : byMonth(own));
  const differing = unequal(level === 'day' ? own : ownMonths(), told);
  return level === 'day' ? { days: differing, months: [] } : { days: [], months: differing };
}

/** As `digestGap` by day, of the days of some months alone. */
export function gapWithinMonths(own: readonly Bucket[], told: readonly Bucket[], months: readonly string[]): string[] {
  const isWithin = withinMonths(months);
  return unequal(
    own.filter((b) => isWithin(b.day)),
    told,
  );
}

/**
 * The days of some months that differ by their outline, and the months of which no day does: where such a month differs as a whole, it
 * has to be told in whole digests.
 */
export function gapByOutline(own: readonly Bucket[], told: readonly OutlineDay[], months: readonly string[]): Gap {
  const isWithin = withinMonths(months);
  const ours = own.filter((b) => isWithin(b.day));
  const days = unequal(
    ours.map((b) => ({ ...b, digest: shortDigest(b.digest) })),
    told.map(([day, count, digest]) => ({ day, count, digest })),
  );
  const keyOf = areGroups(months) ? groupOf : monthOf;
  const differing = new Set(days.map(keyOf));
  return { days, months: months.filter((month) => !differing.has(month)) };
}

type Figures = Pick<Bucket, 'day' | 'count' | 'digest'>;

function unequal(own: readonly Figures[], told: readonly Figures[]): string[] {
  const known = new Map(own.map((b) => [b.day, b]));
  const keys = told
    .filter((b) => known.get(b.day)?.digest !== b.digest || known.get(b.day)?.count !== b.count)
    .map((b) => b.day);
  const held = new Set(told.map((b) => b.day));
  return [...keys, ...own.filter((b) => !held.has(b.day)).map((b) => b.day)].sort();
}
