import type { Entry } from '@vigie/shared/protocol/asset';
import { pack } from '@vigie/shared/protocol/inventory';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { joined, type Up } from './joined.ts';

async function site() {
  const both = joined(await tempFolder());
  onTestFinished(both.close);
  return both;
}
const levelsOf = (asked: { level: string; keys: string[] }[]) =>
  asked.filter(({ keys }) => keys.length > 0).map(({ level }) => level);

test('a hub that knows nothing learns the whole inventory, and then only what differs', async () => {
  const { hold, drop, talk, known, row, asked } = await site();
  for (let n = 0; n < 300; n++) hold(`2026110${n % 9}/${n}.jpg`);
  await talk();
  expect(known()).toHaveLength(300);
  expect(row()).toMatchObject({ reconciled: true, seq: 300 });

  asked.length = 0;
  hold('20261101/new.jpg');
  drop('20261102/2.jpg');
  await talk();
  expect(levelsOf(asked)).toEqual(['slices', 'tags', 'entries']);
  expect(asked[0]?.keys).toEqual(['20261101', '20261102']);
  expect(asked[2]?.keys).toHaveLength(1);
  expect(known()).toHaveLength(300);
  expect(row()?.reconciled).toBe(true);
});

test('a device of an earlier version is asked for whole days', async () => {
  const { hold, talk, known, held, asked, isOfEarlierVersion } = await site();
  isOfEarlierVersion();
  for (let n = 0; n < 2000; n++) hold(`20${20 + (n % 7)}1${n % 3}1${n % 9}/${n}.jpg`);
  await talk();
  hold('20231011/new.jpg');
  await talk();
  expect(new Set(levelsOf(asked))).toEqual(new Set(['month', 'day']));
  expect(known()).toEqual(held());
});

test('a day that one side has not, or has quite different, is asked for whole', async () => {
  const { hold, talk, known, held, foresee, asked } = await site();
  const entry = (path: string): Entry => ({ path, size: 1, sha256: 'b'.repeat(64), modifiedAt: 1 });
  for (let n = 0; n < 100; n++) {
    hold(`20261101/${n}.jpg`);
    hold(`20261102/${n}.jpg`);
  }
  const strange = Array.from({ length: 100 }, (_, n) => entry(`20261102/other-${n}.jpg`));
  await foresee([...strange, entry('20261103/gone.jpg')]);
  await talk();
  expect(levelsOf(asked)).toEqual(['slices', 'day']);
  expect(asked.at(-1)?.keys.toSorted()).toEqual(['20261101', '20261102', '20261103']);
  expect(known()).toEqual(held());
});

test('a list that arrives in part changes nothing', async () => {
  const { hold, talk, known, row } = await site();
  for (let n = 0; n < 2500; n++) hold(`20261101/${n}.jpg`);
  await talk((message) => ('chunk' in message && message.chunk.n === 1 ? 'lost' : 'told'));
  expect(known()).toHaveLength(0);
  expect(row()?.reconciled).toBe(false);
});

test('a question that got lost with its connection is not waited for', async () => {
  const { hold, talk, known, held, connect } = await site();
  for (let n = 0; n < 40; n++) hold(`20261101/${n}.jpg`);
  await talk((message) => ('chunk' in message ? 'lost' : 'told'));
  await talk();
  expect(known()).toEqual([]);
  connect();
  await talk();
  expect(known()).toEqual(held());
});

test('storage that is not mounted is not "0 files"', async () => {
  const { hold, talk, known, unmount } = await site();
  for (let n = 0; n < 5; n++) hold(`20261101/${n}.jpg`);
  await talk();
  unmount();
  await talk();
  expect(known()).toHaveLength(5);
});

test('events that come late or twice say nothing new', async () => {
  const { hold, drop, talk, known, row, inventories } = await site();
  const first = hold('20261101/a.jpg');
  const second = hold('20261101/b.jpg');
  await talk();
  drop('20261101/a.jpg');
  await talk();
  const source = row();
  if (!source) throw new Error('the source is not known');
  inventories.change(source, first.entry, first.seq, 1);
  inventories.change(source, second.entry, second.seq, 1);
  expect(known().map((e) => e.path)).toEqual(['20261101/b.jpg']);
  const third = hold('20261101/c.jpg');
  inventories.change(source, third.entry, third.seq, 1);
  inventories.change(source, third.entry, third.seq, 1);
  expect(inventories.amount(source)).toEqual({ count: 2, bytes: 20 });
  await talk();
  expect(row()?.reconciled).toBe(true);
});

test.each([
  { version: 'this', at: ['slices'] },
  { version: 'this', at: ['tags', 'entries'] },
  { version: 'this', at: ['slices', 'slices', 'day'] },
  { version: 'an earlier', at: ['day'] },
])('what an event told before $at is not undone, by a device of $version version', async ({ version, at }) => {
  const { hold, drop, talk, known, held, row, inventories, isOfEarlierVersion } = await site();
  for (let n = 0; n < 60; n++) hold(`20261101/${n}.jpg`);
  await talk();
  if (version !== 'this') isOfEarlierVersion();
  drop('20261101/7.jpg');
  hold('20261101/unheard.jpg');
  // The answer was read before the newest picture, which the hub hears of first.
  const news: string[] = [];
  await talk((message) => {
    expect(known().map(({ path }) => path)).toEqual(expect.arrayContaining(news));
    const source = row();
    if ('chunk' in message && message.chunk.level === at[news.length] && source) {
      const { entry, seq } = hold(`20261101/new-${news.length}.jpg`);
      inventories.change(source, entry, seq, 1);
      news.push(entry.path);
    }
    return 'told';
  });
  expect(news).toHaveLength(at.length);
  expect(known()).toEqual(held());
  expect(row()?.reconciled).toBe(true);
});

test('two sides that do not come together do not keep each other busy', async () => {
  const { hold, talk, asked, row } = await site();
  for (let n = 0; n < 40; n++) hold(`20261101/${n}.jpg`);
  const wrong = (message: Up) => {
    // A digest that nothing can have: of a device whose books are wrong.
    if ('digest' in message) message.digest.list = WRONG;
    return 'told' as const;
  };
  await talk(wrong);
  expect(row()?.reconciled).toBe(false);
  expect(asked.length).toBeLessThan(20);
});
const WRONG = pack([{ day: '20261101', count: 40, bytes: 400, digest: 'e'.repeat(64) }]);

/** Days of some months, and names of which both sides take some: many are the same, few differ. */
const day = fc.constantFrom('20250101', '20250102', '20261101', '20261102', 'raw/20261102', 'failure', 'odd');
const path = fc.tuple(day, fc.nat(39)).map(([d, n]) => `${d}/${n}.jpg`);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant('talk' as const) },
  { weight: 2, arbitrary: fc.constantFrom('restart' as const, 'anew' as const, 'wait' as const) },
  fc.record({ hold: path, size: fc.integer({ min: 1, max: 3 }), tells: fc.boolean() }),
  fc.record({ drop: path, tells: fc.boolean() }),
);
const fate = fc.constantFrom('told', 'told', 'told', 'told', 'lost', 'twice', 'later', 'change');

test('any two inventories come together, whatever is lost, doubled, late or changed on the way', async () => {
  const root = await tempFolder();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(path, { maxLength: 200, size: 'max' }),
      fc.array(path, { maxLength: 60, size: 'max' }),
      fc.array(step, { maxLength: 8 }),
      fc.array(fate, { minLength: 1, maxLength: 40 }),
      async (shared, foreseen, steps, fates) => {
        const both = joined(`${root}/${runs++}`);
        try {
          for (const name of shared) both.hold(name);
          const entries = new Map(both.held().map((e) => [e.path, e]));
          for (const name of foreseen)
            entries.set(name, { path: name, size: 7, sha256: 'f'.repeat(64), modifiedAt: 1 });
          await both.foresee([...entries.values()]);
          let at = 0;
          let anew = 1;
          const disturb = (message: Up) => {
            const how = fates[at++ % fates.length] as Exclude<(typeof fates)[number], undefined>;
            // Events are told again until they are acknowledged, and in their order: that is not this test's.
            if ('event' in message || at > 300) return 'told';
            if (how !== 'change') return how;
            both.hold(`20261101/change-${at}.jpg`, { tells: at % 2 === 0 });
            return 'told';
          };
          for (const one of steps) {
            if (one === 'talk') await both.talk(disturb);
            else if (one === 'restart') both.restartHub();
            else if (one === 'anew') both.beginAnew(`g${++anew}`);
            else if (one === 'wait') both.giveUp();
            else if ('hold' in one) both.hold(one.hold, one);
            else both.drop(one.drop, one);
          }
          // The faults are over.
          for (let rounds = 0; rounds < 6 && both.row()?.reconciled !== true; rounds++) {
            both.giveUp();
            await both.talk();
          }
          both.giveUp();
          await both.talk();
          expect(both.row()).toMatchObject({ reconciled: true });
          expect(both.known()).toEqual(both.held());
        } finally {
          both.close();
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('3,000 folders that are no days: told in groups, and what differs is found without the others', async () => {
  const both = joined(await tempFolder());
  onTestFinished(both.close);
  for (let n = 0; n < 3_000; n++) both.hold(`folder number ${n}/a.jpg`);
  const digests: number[] = [];
  const count = (message: Up) => {
    if ('digest' in message) digests.push(message.digest.list.length);
    return 'told' as const;
  };
  await both.foresee(both.held());
  both.hold('folder number 7/b.jpg');
  both.drop('folder number 9/a.jpg');
  both.hold('20261123/new.jpg');
  await both.talk(count);
  expect(both.known()).toEqual(both.held());
  expect(both.row()?.reconciled).toBe(true);
  expect(Math.max(...digests)).toBeLessThan(24 * 1024);
  const [first, ...finer] = both.asked.filter(({ keys }) => keys.length > 0);
  expect(first?.level).toBe('outline');
  expect(first?.keys.length).toBe(3);
  expect(finer.flatMap(({ keys }) => keys).length).toBeLessThan(20);
});
