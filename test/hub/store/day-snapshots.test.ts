import { createInventories } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, onTestFinished, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

const NAME = { site: 'main', device: 'cam-1', source: 'garden' };
const DAYS = ['20261101', '20261102'];
const COUNT = 10_000;

async function hub() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const clock = handClock();
  const inventories = createInventories(store, clock);
  const told = (day: string, n: number): Entry => {
    const path = `${day}/${day}${String(n).padStart(6, '0')}.jpg`;
    return { path, size: n, sha256: n.toString(16).padStart(64, '0'), modifiedAt: clock.now() };
  };
  const days = DAYS.flatMap((day) => Array.from({ length: COUNT / DAYS.length }, (_, n) => told(day, n)));
  const knownAt = (path: string) =>
    store.sqlite.prepare('SELECT known_at FROM entry WHERE path = ?').pluck().get(path) as number;
  return { store, clock, inventories, told, days, knownAt, row: inventories.open(NAME, 'one') };
}

test('days with 10,000 entries are told while everything else has its turn, and are known all at once', async () => {
  const { inventories, row, days, told, store } = await hub();
  inventories.change(row, told('20261101', 999_999), 1, 1);
  const seen = new Set<number>();
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    while (!isDone) {
      seen.add(inventories.amount(row).count);
      await new Promise(setImmediate);
      turns += 1;
    }
  })();
  expect(await inventories.replace(row, DAYS, days, 5)).toBe(true);
  isDone = true;
  await others;
  // Told at one go there would be none.
  expect(turns).toBeGreaterThanOrEqual(COUNT / 500);
  expect([...seen]).toEqual([1, COUNT].slice(0, seen.size));
  expect([...inventories.entries(row)]).toEqual(days);
  expect(inventories.buckets(row).map(({ day, count }) => [day, count])).toEqual(DAYS.map((day) => [day, COUNT / 2]));
  expect(store.sqlite.prepare('SELECT count(*) FROM temp.told_entry').pluck().get()).toBe(0);
});

test('news that comes between two portions is not undone, and a ledger that began anew is not filled with the old one', async () => {
  const { inventories, row, days, told } = await hub();
  const late = inventories.replace(row, DAYS, days, 5);
  inventories.change(row, told('20261102', 7), 6, 1);
  expect(await late).toBe(false);
  expect(inventories.amount(row).count).toBe(1);

  const old = inventories.replace(row, ['20261101'], days, 9);
  inventories.open(NAME, 'two');
  expect(await old).toBe(false);
  expect(inventories.amount(row).count).toBe(1);
});

test('what is told again as it was stays known since it was', async () => {
  const { inventories, row, clock, told, knownAt } = await hub();
  const [one, two] = [told('20261101', 1), told('20261101', 2)];
  await inventories.replace(row, ['20261101'], [one, two], 5);
  const before = clock.now();
  clock.advance(60_000);
  await inventories.replace(row, ['20261101'], [one, { ...two, size: 3 }], 6);
  expect([knownAt(one.path), knownAt(two.path)]).toEqual([before, before + 60_000]);
});
