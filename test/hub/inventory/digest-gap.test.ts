import { digestGap, gapByOutline, gapWithinMonths } from '@vigie/hub/inventory/digest-gap';
import { byMonth, digestList } from '@vigie/shared/protocol/digest-list';
import { type OutlineDay, shortDigest } from '@vigie/shared/protocol/finer-levels';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const bucket = (day: string, paths: string[]): Bucket =>
  paths.reduce((b, name) => adjust(b, { path: `${day}/${name}`, size: 1 }, 1), {
    day,
    count: 0,
    bytes: 0,
    digest: EMPTY_DIGEST,
  } as Bucket);

test('exactly the days that differ are asked for, on whichever side they are', () => {
  const own = [bucket('20261101', ['a']), bucket('20261102', ['b']), bucket('20261104', ['d'])];
  const told = [bucket('20261101', ['a']), bucket('20261102', ['b', 'c']), bucket('20261103', ['x'])];
  expect(digestGap(own, told, 'day')).toEqual({ days: ['20261102', '20261103', '20261104'], months: [] });
  expect(digestGap(own, own, 'day')).toEqual({ days: [], months: [] });
});

test('by month, the same days are found in two steps', () => {
  const day = fc
    .tuple(fc.constantFrom('202610', '202611', '202612'), fc.integer({ min: 1, max: 28 }))
    .map(([m, d]) => m + String(d).padStart(2, '0'));
  const side = fc.dictionary(day, fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }));
  fc.assert(
    fc.property(side, side, (left, right) => {
      const own = Object.entries(left).map(([d, paths]) => bucket(d, paths));
      const told = Object.entries(right).map(([d, paths]) => bucket(d, paths));
      const direct = digestGap(own, told, 'day').days;
      const { months } = digestGap(own, byMonth(told), 'month');
      const within = new Set(months);
      const asked = told.filter((b) => within.has(b.day.slice(0, 6)));
      expect(gapWithinMonths(own, asked, months)).toEqual(direct);
    }),
  );
});

test('an outline finds the days that differ, and the months of which none does', () => {
  const own = [
    bucket('20261001', ['a']),
    bucket('20261101', ['a']),
    bucket('20261102', ['b']),
    bucket('20261203', ['c']),
  ];
  const told = [bucket('20261101', ['a']), bucket('20261102', ['b', 'c']), bucket('20261105', ['x'])];
  const outline = told.map(({ day, count, digest }): OutlineDay => [day, count, shortDigest(digest)]);
  expect(gapByOutline(own, outline, ['202610', '202611'])).toEqual({
    days: ['20261001', '20261102', '20261105'],
    months: [],
  });
  expect(gapByOutline(own, outline.slice(0, 1), ['202611', '202612']).days).toEqual(['20261102', '20261203']);
  const same = [['20261203', 1, shortDigest((own[3] as Bucket).digest)] satisfies OutlineDay];
  expect(gapByOutline(own, same, ['202612'])).toEqual({ days: [], months: ['202612'] });
});

test('a long list of days is told by month', () => {
  const days = Array.from({ length: 400 }, (_, i) =>
    bucket(`2026${String(1 + (i % 12)).padStart(2, '0')}${10 + Math.floor(i / 12)}`, [`p${i}`]),
  );
  expect(digestList(days.slice(0, 30)).level).toBe('day');
  expect(digestList(days).level).toBe('month');
});

test('a list of any folders whatever stays small', () => {
  const sizes = [3_000, 20_000].map((count) => {
    const folders = Array.from({ length: count }, (_, n) => bucket(`folder number ${n}`, [`p${n}`]));
    const { level, list } = digestList(folders);
    expect(level).toBe('month');
    return list.length;
  });
  for (const bytes of sizes) expect(bytes).toBeLessThan(24 * 1024);
});
