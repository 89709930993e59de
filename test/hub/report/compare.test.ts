import type { Entry } from '@vigie/shared/protocol/asset';
import { CLASSES, type Figures, type Totals, type Unmatched } from '@vigie/shared/protocol/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComparisonResult, createComparison } from '../../../hub/src/report/compare.ts';
import { unmatchedCount } from '../../../hub/src/report/figures.ts';
import { fiveRows } from '../../../hub/src/report/five-rows.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

function compare(left: Entry[], right: Entry[]): ComparisonResult {
  const comparison = createComparison();
  for (const entry of left) comparison.left(entry);
  for (const entry of right) comparison.right(entry);
  return comparison.finish();
}

const only = (left: Entry[], right: Entry[]): Unmatched | undefined => {
  const { unmatched } = compare(left, right);
  expect(unmatched.length).toBeLessThanOrEqual(1);
  return unmatched[0];
};

describe('the class of one asset', () => {
  const path = '20261123/20261123120000.jpg';

  it('is matched when size agrees and digests are not known on both sides', () => {
    expect(compare([{ path, size: 5, sha256: A }], [{ path, size: 5 }])).toMatchObject({
      unmatched: [],
      matchedByDigest: 0,
      figures: { matched: { count: 1, bytes: 5, byKind: { jpg: { count: 1, bytes: 5 } } } },
    });
  });

  it('is matched by digest when both sides know the same one', () => {
    const result = compare([{ path, size: 5, sha256: A }], [{ path, size: 5, sha256: A }]);
    expect(result.matchedByDigest).toBe(1);
    expect(result.matchedPaths()).toEqual([path]);
  });

  it('is missing, extra, differing or corrupt, each with its cause in words', () => {
    const entry = { path, size: 10 };
    const asset = { path, sourceSize: 10, destinationSize: 10 };
    expect(only([entry], [])).toEqual({
      ...asset,
      class: 'missing',
      destinationSize: null,
      cause: 'not at the destination',
      action: 'copy-by-hand',
    });
    const extra = { ...asset, class: 'extra', sourceSize: null, cause: 'not at the source', action: 'none-needed' };
    expect(only([], [entry])).toEqual(extra);
    expect(only([entry], [{ path, size: 5 }])).toEqual({
      ...asset,
      class: 'differing',
      destinationSize: 5,
      cause: 'size differs: 10 bytes at the source, 5 at the destination',
      action: 'copy-by-hand',
    });
    expect(only([{ ...entry, sha256: A }], [{ ...entry, sha256: B }])).toEqual({
      ...asset,
      class: 'corrupt',
      cause: 'same size, but the digest of the content differs',
      action: 'copy-by-hand',
    });
  });

  it('is unreadable when either side says so, also alone, and even with equal digests', () => {
    const sound = { path, size: 10, sha256: A };
    const torn = { ...sound, unreadable: 'a torn JPEG' };
    expect(only([torn], [sound])?.cause).toBe('unreadable at the source: a torn JPEG');
    expect(only([sound], [torn])?.cause).toBe('unreadable at the destination: a torn JPEG');
    expect(only([torn], [])).toMatchObject({ class: 'unreadable', sourceSize: 10, destinationSize: null });
    expect(only([], [torn])).toMatchObject({ class: 'unreadable', sourceSize: null, destinationSize: 10 });
    expect(only([torn], [torn])?.cause).toBe(
      'unreadable at the source: a torn JPEG; unreadable at the destination: a torn JPEG',
    );
  });

  it('is unreadable when one side names the path twice, whatever it says of it', () => {
    for (const list of [
      [
        { path, size: 4 },
        { path, size: 9 },
      ],
      [
        { path, size: 9 },
        { path, size: 9 },
      ],
    ]) {
      const { figures, unmatched } = compare([{ path, size: 9 }], list);
      expect(unmatched).toEqual([
        {
          class: 'unreadable',
          path,
          sourceSize: 9,
          destinationSize: 9,
          cause: 'unreadable at the destination: its list names this path twice',
          action: 'look-at-destination',
        },
      ]);
      expect(figures.destination.count).toBe(1);
      expect(figures.matched.count).toBe(0);
    }
  });

  it('keeps a 0-byte file apart from an absent one', () => {
    expect(only([{ path, size: 0 }], [])).toMatchObject({ class: 'missing', sourceSize: 0, destinationSize: null });
    expect(only([{ path, size: 0 }], [{ path, size: 1 }])?.class).toBe('differing');
    expect(only([{ path, size: 0 }], [{ path, size: 0 }])).toBeUndefined();
  });

  it('takes names for what they are: case, accents composed or not, and names of object properties', () => {
    const names = ['É.jpg', 'E\u0301.jpg', 'é.jpg', '__proto__', 'constructor', 'a b', 'a\nb', '\u{10ffff}'];
    const { unmatched } = compare(
      names.map((name) => ({ path: name, size: 1 })),
      [],
    );
    expect(unmatched.map((entry) => entry.path).sort()).toEqual([...names].sort());
  });
});

describe('sizes of figures', () => {
  it('counts bytes beyond 2^32 exactly', () => {
    const size = 3_000_000_000_001;
    const { figures } = compare(
      [
        { path: 'a.mp4', size },
        { path: 'b.cr2', size },
      ],
      [{ path: 'b.cr2', size }],
    );
    expect(figures.source.bytes).toBe(2 * size);
    expect(figures.missing.byKind.other).toEqual({ count: 1, bytes: size });
    expect(figures.matched.byKind.raw).toEqual({ count: 1, bytes: size });
  });
});

const paths = fc.constantFrom(
  'a.jpg',
  'b.JPG',
  'd/c.raw',
  'd/d.cr2',
  'e.mp4',
  'f',
  'é.jpg',
  'g\n.jpg',
  '20260101/h.xmp',
);
const entry = fc.record(
  {
    path: paths,
    size: fc.constantFrom(0, 1, 10),
    sha256: fc.constantFrom(A, B),
    unreadable: fc.constantFrom('torn', 'a pipe'),
  },
  { requiredKeys: ['path', 'size'] },
);
const list = fc.array(entry, { maxLength: 14 });
const unique = fc.uniqueArray(entry, { maxLength: 9, selector: ({ path }) => path });

const add = (...totals: Totals[]): Totals =>
  totals.reduce((sum, each) => ({
    count: sum.count + each.count,
    bytes: sum.bytes + each.bytes,
    byKind: {
      jpg: addAmount(sum.byKind.jpg, each.byKind.jpg),
      raw: addAmount(sum.byKind.raw, each.byKind.raw),
      other: addAmount(sum.byKind.other, each.byKind.other),
    },
  }));
const addAmount = (a: { count: number; bytes: number }, b: { count: number; bytes: number }) => ({
  count: a.count + b.count,
  bytes: a.bytes + b.bytes,
});

describe('properties of every comparison', () => {
  it('gives the same answer in every order of entries, sides interleaved at will', () => {
    fc.assert(
      fc.property(list, list, fc.infiniteStream(fc.nat()), (left, right, random) => {
        const told = [
          ...left.map((value) => ({ side: 'left' as const, value })),
          ...right.map((value) => ({ side: 'right' as const, value })),
        ];
        const order = told.map((item) => ({ item, key: random.next().value as number }));
        order.sort((a, b) => a.key - b.key);
        const shuffled = createComparison();
        for (const { item } of order) shuffled[item.side](item.value);
        const got = shuffled.finish();
        const plain = compare(left, right);
        expect(got.figures).toEqual(plain.figures);
        expect(got.unmatched).toEqual(plain.unmatched);
        expect(got.matchedPaths()).toEqual(plain.matchedPaths());
        expect(got.matchedByDigest).toBe(plain.matchedByDigest);
      }),
    );
  });

  it('puts every path into exactly one class, and the rows add up', () => {
    fc.assert(
      fc.property(list, list, (left, right) => {
        const { figures, unmatched, matchedPaths } = compare(left, right);
        const named = [...unmatched.map((asset) => asset.path), ...matchedPaths()];
        expect(named.sort()).toEqual([...new Set([...left, ...right].map(({ path }) => path))].sort());
        expect(unmatched.map((asset) => asset.path)).toEqual(unmatched.map((asset) => asset.path).sort());
        for (const name of CLASSES) {
          expect(figures[name].count).toBe(unmatched.filter((asset) => asset.class === name).length);
        }
        expect(unmatchedCount(figures)).toBe(unmatched.length);
        checkSums(figures, unmatched);
      }),
    );
  });

  it('turns missing into extra, and nothing else, when the sides are swapped', () => {
    fc.assert(
      fc.property(list, list, (left, right) => {
        const there = compare(left, right);
        const back = compare(right, left);
        expect(back.figures.missing).toEqual(there.figures.extra);
        expect(back.figures.extra).toEqual(there.figures.missing);
        expect(back.figures.source).toEqual(there.figures.destination);
        expect(back.figures.matched).toEqual(there.figures.matched);
        expect(back.figures.corrupt).toEqual(there.figures.corrupt);
        const mirror = { missing: 'extra', extra: 'missing' } as Record<string, string>;
        expect(
          back.unmatched.map((asset) => [asset.path, asset.class, asset.sourceSize, asset.destinationSize]),
        ).toEqual(
          there.unmatched.map((asset) => [
            asset.path,
            mirror[asset.class] ?? asset.class,
            asset.destinationSize,
            asset.sourceSize,
          ]),
        );
      }),
    );
  });

  it('calls a side in sync with itself when it is sound', () => {
    fc.assert(
      fc.property(unique, (side) => {
        const { figures, unmatched } = compare(side, side);
        expect(unmatched.map((asset) => asset.path).sort()).toEqual(
          side
            .filter((asset) => asset.unreadable !== undefined)
            .map(({ path }) => path)
            .sort(),
        );
        expect(figures.source).toEqual(figures.destination);
      }),
    );
  });

  it('yields the five rows of name, location and size on sound sides', () => {
    const sound = unique.map((side) => side.map(({ path, size }) => ({ path, size })));
    fc.assert(
      fc.property(sound, sound, (left, right) => {
        const rows = fiveRows(compare(left, right).figures);
        const without = (side: Entry[], other: Entry[]) =>
          side.filter(({ path, size }) => !other.some((each) => each.path === path && each.size === size));
        const amount = (side: Entry[]) => ({
          count: side.length,
          bytes: side.reduce((sum, { size }) => sum + size, 0),
        });
        expect(rows.source).toMatchObject(amount(left));
        expect(rows.destination).toMatchObject(amount(right));
        expect(rows.missingInDestination).toMatchObject(amount(without(left, right)));
        expect(rows.missingInSource).toMatchObject(amount(without(right, left)));
        expect(rows.intersection.count).toBe(left.length - without(left, right).length);
      }),
    );
  });
});

/** The identities that `protocol/report.ts` states, with the bytes of each side taken from the list. */
function checkSums(figures: Figures, unmatched: Unmatched[]): void {
  for (const row of Object.values(figures)) {
    const { jpg, raw, other } = row.byKind;
    expect(addAmount(addAmount(jpg, raw), other)).toEqual({ count: row.count, bytes: row.bytes });
  }
  const { source, destination, matched, missing, extra, corrupt } = figures;
  const side = (size: 'sourceSize' | 'destinationSize') => {
    const there = unmatched.filter(
      (asset) => ['differing', 'unreadable'].includes(asset.class) && asset[size] !== null,
    );
    return { count: there.length, bytes: there.reduce((sum, asset) => sum + (asset[size] as number), 0) };
  };
  const whole = ({ count, bytes }: Totals) => ({ count, bytes });
  expect(whole(source)).toEqual(addAmount(whole(add(matched, missing, corrupt)), side('sourceSize')));
  expect(whole(destination)).toEqual(addAmount(whole(add(matched, extra, corrupt)), side('destinationSize')));
}
