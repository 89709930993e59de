import { createInventories, type DayChange } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import type { Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import { expect, onTestFinished, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';
import { NAME } from './joined.ts';

const entry = (path: string, size = 1): Entry => ({ path, size, sha256: 'a'.repeat(64), modifiedAt: 1 });
const figures = (day: string, entries: Entry[]): Bucket =>
  entries.reduce((sum, e) => adjust(sum, e, 1), { day, count: 0, bytes: 0, digest: EMPTY_DIGEST } as Bucket);

const [A, B, C] = [entry('20261101/a.jpg'), entry('20261101/b.jpg'), entry('20261101/c.jpg')] as const;
const X = entry('20261102/x.jpg');

async function hub() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const inventories = createInventories(store, handClock());
  const row = inventories.open(NAME, 'g1');
  await inventories.replace(row, ['20261101', '20261102'], [A, B, X], 10);
  const amend = (...changes: DayChange[]) => inventories.amend(row, changes);
  return { inventories, row, amend, paths: () => [...inventories.entries(row)].map(({ path }) => path) };
}
const change = (come: Entry[], gone: string[], after: Entry[], seq = 20): DayChange => ({
  ...{ told: figures('20261101', after), seq, gone, come },
});

test('a day becomes what was told, and says up to which change it is right', async () => {
  const { inventories, row, amend, paths } = await hub();
  const larger = { ...B, size: 5 };
  expect(amend(change([C, larger], [A.path, B.path], [larger, C]))).toEqual([]);
  expect(paths()).toEqual([B.path, C.path, X.path]);
  expect(inventories.entry(row, B.path)).toEqual(larger);
  expect(inventories.buckets(row)).toEqual([figures('20261101', [larger, C]), figures('20261102', [X])]);
  // An event from before the answer says nothing new; one from after it does.
  inventories.change(row, A, 20, 1);
  expect(paths()).not.toContain(A.path);
  inventories.change(row, A, 21, 1);
  expect(paths()).toContain(A.path);
});

test('a day that would not be what was told stays as it is, and others beside it are changed', async () => {
  const { amend, paths } = await hub();
  const other = { told: figures('20261102', []), seq: 20, gone: [X.path], come: [] };
  expect(amend(change([C], [A.path], [A, B, C]), other)).toEqual(['20261101']);
  expect(paths()).toEqual([A.path, B.path]);
});

test('a day of which something newer is known stays as it is', async () => {
  const { inventories, row, amend, paths } = await hub();
  inventories.change(row, C, 21, 1);
  expect(inventories.knowsNewer(row, ['20261101'], 20)).toBe(true);
  expect(inventories.knowsNewer(row, ['20261102', '20251231'], 20)).toBe(false);
  expect(amend(change([], [C.path], [A, B], 20))).toEqual(['20261101']);
  expect(paths()).toContain(C.path);
  expect(amend(change([], [C.path], [A, B], 22))).toEqual([]);
  expect(paths()).not.toContain(C.path);
});
