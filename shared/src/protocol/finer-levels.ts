import { z } from 'zod';
import { type Bucket, bucketSchema } from './inventory.ts';

/**
 * The levels of `inventory/get` at which only what differs travels. A device names those that it answers in its digest; a hub asks a
 * device that names none for whole days.
 *
 * - `outline`: keys are months; the answer has each of their days with its count and a short digest.
 * - `slices`: keys are days; the answer has each day's whole figures, and the short digest of each slice of it.
 * - `tags`: keys are slices of days (`finerKey`); the answer has the tag of each entry in them.
 * - `entries`: keys are tags of days (`finerKey`); the answer has the entries themselves.
 */
export const FINER_LEVELS = ['outline', 'slices', 'tags', 'entries'] as const;
export type FinerLevel = (typeof FINER_LEVELS)[number];

/**
 * Hexadecimal digits of a short digest, 32 bits: random digits do not shrink when packed, and two that differ look alike once in
 * 4.3 · 10⁹ times. Nothing is believed for a short digest alone: what comes of it has to have the whole digest of its day, and all
 * days together those of their months.
 */
const SHORT_DIGITS = 8;

/** The end of a digest. An entry's is its tag; the beginning of it tells its slice. */
export const shortDigest = (digest: string): string => digest.slice(-SHORT_DIGITS);

/** One day of an outline: day, count, short digest. */
export type OutlineDay = [day: string, count: number, digest: string];

/** A day with the short digests of its slices, joined, in the order of the digits that the entries' digests begin with. */
export type DaySlices = Bucket & { slices: string };

/** Tags of one slice, joined, at most `TAGS_IN_ITEM`; a slice with more has several items. */
export type SliceTags = { slice: string; tags: string };
export const TAGS_IN_ITEM = 250;

const short = z.string().regex(/^[0-9a-f]{8}$/);
export const outlineListSchema = z.array(z.tuple([z.string().max(255), z.int().nonnegative(), short])).max(1000);
export const sliceListSchema = z
  .array(bucketSchema.extend({ slices: z.string().regex(/^(?:[0-9a-f]{128}|[0-9a-f]{2048})$/) }))
  .max(1000);
export const tagListSchema = z
  .array(z.object({ slice: z.string().max(300), tags: z.string().regex(/^(?:[0-9a-f]{8}){1,250}$/) }))
  .max(1000);

/** Into how many slices a day is told: the more entries, the more, so that neither the slices nor the tags of one become many. */
export const sliceCountFor = (entries: number): 16 | 256 => (entries <= 1024 ? 16 : 256);
export const sliceCountOf = ({ slices }: Pick<DaySlices, 'slices'>): number => slices.length / SHORT_DIGITS;

/** The slice of an entry: the first digits of its digest, one for 16 slices, two for 256. */
export const sliceOf = (digest: string, sliceCount: number): string => digest.slice(0, sliceCount === 16 ? 1 : 2);

/** The short digests of a day's slices, joined, from its entries' digests: each is the exclusive or of the entries' tags. */
export function joinSlices(digests: readonly string[], sliceCount: number): string {
  const sums = new Uint32Array(sliceCount);
  for (const digest of digests) {
    const at = Number.parseInt(sliceOf(digest, sliceCount), 16);
    sums[at] = (sums[at] as number) ^ Number.parseInt(shortDigest(digest), 16);
  }
  return Array.from(sums, (sum) => sum.toString(16).padStart(SHORT_DIGITS, '0')).join('');
}

/** The slices that are not the same on two sides, by the digits that their entries' digests begin with. */
export function differingSlices(own: readonly string[], told: DaySlices): string[] {
  const sliceCount = sliceCountOf(told);
  const [ours, theirs] = [splitShort(joinSlices(own, sliceCount)), splitShort(told.slices)];
  const digits = sliceCount === 16 ? 1 : 2;
  return theirs.flatMap((digest, at) => (digest === ours[at] ? [] : [at.toString(16).padStart(digits, '0')]));
}

/** Short digests that were joined. */
export function splitShort(joined: string): string[] {
  return Array.from({ length: joined.length / SHORT_DIGITS }, (_, at) =>
    joined.slice(at * SHORT_DIGITS, (at + 1) * SHORT_DIGITS),
  );
}

/** Names a slice of a day, or a tag of one: the digits, a colon, the day. */
export const finerKey = (digits: string, day: string): string => `${digits}:${day}`;

/** The digits that are asked for, by day. */
export function byDay(keys: readonly string[]): Map<string, Set<string>> {
  const days = new Map<string, Set<string>>();
  for (const key of keys) {
    const colon = key.indexOf(':');
    const day = key.slice(colon + 1);
    const digits = days.get(day) ?? new Set();
    days.set(day, digits.add(key.slice(0, Math.max(0, colon))));
  }
  return days;
}
