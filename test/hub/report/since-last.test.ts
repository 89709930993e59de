import { countSinceLast, type SinceLast } from '@vigie/hub/report/since-last';
import { CLASSES, type UnmatchedClass } from '@vigie/shared/protocol/report';
import fc from 'fast-check';
import { expect, test } from 'vitest';

type Listed = { path: string; class: UnmatchedClass };

/** Few paths, so that lists share many; among them what sorts otherwise in UTF-8 than in UTF-16. */
const path = fc.constantFrom(
  ...['20261122/a.jpg', '20261122/b.jpg', '20261123/a.jpg', '20261123/a.JPG', '20261123/é.jpg', '20261123/e\u0301.jpg'],
  ...['20261123/\u{10ff80}.jpg', '20261123/\uffee.jpg', '20261123/\ud800.jpg', '', ' ', 'a/b/c/d.cr2'],
);
const list = fc
  .uniqueArray(fc.record({ path, class: fc.constantFrom(...CLASSES) }), { selector: (e) => e.path })
  .map((entries) => entries.sort((a, b) => (a.path < b.path ? -1 : 1)));

function counted(before: Listed[], now: Listed[], isComparable?: (path: string) => boolean) {
  const count = countSinceLast(now, isComparable);
  for (const entry of before) count.before(entry);
  const { isNew, ...since } = count.finish();
  return { since, fresh: now.filter((_, index) => isNew(index)) };
}

/** The same from two sets of pairs of class and path. */
function naive(before: Listed[], now: Listed[], isComparable = (_: string) => true) {
  const text = (e: Listed) => `${e.class} ${e.path}`;
  const [was, is] = [new Set(before.map(text)), new Set(now.map(text))];
  const of = (entries: Listed[]) =>
    Object.fromEntries(
      CLASSES.map((name) => [name, entries.filter((e) => e.class === name && isComparable(e.path)).length]),
    );
  const fresh = now.filter((e) => !was.has(text(e)) && isComparable(e.path));
  const since = {
    appeared: of(fresh),
    gone: of(before.filter((e) => !is.has(text(e)))),
    stayed: of(now.filter((e) => was.has(text(e)))),
  } as SinceLast;
  return { since, fresh };
}

test('two random lists: what is new, gone and still there is what sets say', () => {
  fc.assert(
    fc.property(list, list, (before, now) => {
      expect(counted(before, now)).toEqual(naive(before, now));
    }),
    { numRuns: 2_000 },
  );
});

test('what one of the two did not look at counts nowhere', () => {
  const isComparable = (text: string) => text.startsWith('20261123/');
  fc.assert(
    fc.property(list, list, (before, now) => {
      expect(counted(before, now, isComparable)).toEqual(naive(before, now, isComparable));
    }),
    { numRuns: 1_000 },
  );
});

test('an asset whose class has changed is gone from one and new in the other', () => {
  const { since, fresh } = counted([{ path: 'a', class: 'missing' }], [{ path: 'a', class: 'differing' }]);
  expect(since.gone.missing).toBe(1);
  expect(since.appeared.differing).toBe(1);
  expect(fresh).toHaveLength(1);
});

test('a list before that is not in order is no ground for figures', () => {
  const count = countSinceLast([]);
  count.before({ path: 'b', class: 'missing' });
  expect(() => count.before({ path: 'a', class: 'missing' })).toThrow('not in order');
  expect(() => count.before({ path: 'b', class: 'extra' })).toThrow('not in order');
});
