import {
  byDay,
  type DaySlices,
  differingSlices,
  finerKey,
  joinSlices,
  outlineListSchema,
  shortDigest,
  sliceCountFor,
  sliceListSchema,
  sliceOf,
  splitShort,
  tagListSchema,
} from '@vigie/shared/protocol/finer-levels';
import { combine, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const digests = fc.uniqueArray(digest, { maxLength: 60 });
const sliceCount = fc.constantFrom(16, 256);
const toldOf = (list: string[], count: number): DaySlices => ({
  ...{ day: '20261101', count: list.length, bytes: 0, digest: list.reduce(combine, EMPTY_DIGEST) },
  slices: joinSlices(list, count),
});

test('slices depend on what is in them alone, and together they are the end of the day’s digest', () => {
  fc.assert(
    fc.property(digests, sliceCount, fc.gen(), (list, count, gen) => {
      const order = gen(() => fc.shuffledSubarray(list, { minLength: list.length }));
      expect(joinSlices(order, count)).toBe(joinSlices(list, count));
      const wide = splitShort(joinSlices(list, count)).map((short) => short.padStart(64, '0'));
      expect(wide).toHaveLength(count);
      expect(shortDigest(wide.reduce(combine, EMPTY_DIGEST))).toBe(shortDigest(list.reduce(combine, EMPTY_DIGEST)));
    }),
  );
});

test('exactly the slices with entries that one side alone has are found', () => {
  fc.assert(
    fc.property(digests, digests, digests, sliceCount, (both, mine, yours, count) => {
      const told = toldOf([...both, ...yours], count);
      expect(sliceListSchema.parse([told])).toEqual([told]);
      const apart = [...mine.filter((d) => !yours.includes(d)), ...yours.filter((d) => !mine.includes(d))];
      const found = differingSlices([...both, ...mine], told);
      expect(new Set(found)).toEqual(new Set(apart.map((d) => sliceOf(d, count))));
    }),
  );
});

test('a key keeps its day, whatever the day is called', () => {
  const key = fc.tuple(
    fc.stringMatching(/^[0-9a-f]{1,8}$/),
    fc.constantFrom('', '20261101', 'raw/20261101', 'a:b', ':'),
  );
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: ([d, day]) => finerKey(d, day) }), (keys) => {
      const again = [...byDay(keys.map(([d, day]) => finerKey(d, day)))].flatMap(([day, all]) =>
        [...all].map((d) => [d, day]),
      );
      expect(again.toSorted()).toEqual(keys.toSorted());
    }),
  );
});

test('more entries have more slices', () => {
  expect([0, 1, 1024].map(sliceCountFor)).toEqual([16, 16, 16]);
  expect(sliceCountFor(1025)).toBe(256);
});

test('what is not of its form is refused', () => {
  const told = toldOf([], 16);
  expect(sliceListSchema.safeParse([{ ...told, slices: told.slices.slice(8) }]).success).toBe(false);
  expect(outlineListSchema.safeParse([['20261101', 1, 'a'.repeat(9)]]).success).toBe(false);
  expect(outlineListSchema.safeParse([['20261101', -1, 'a'.repeat(8)]]).success).toBe(false);
  expect(tagListSchema.safeParse([{ slice: '7:20261101', tags: 'a'.repeat(9) }]).success).toBe(false);
  expect(tagListSchema.safeParse([{ slice: '7:20261101', tags: '' }]).success).toBe(false);
});
