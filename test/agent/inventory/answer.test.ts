import { inventoryAnswer } from '@vigie/agent/inventory/answer';
import { type DaySlices, finerKey, type SliceTags, shortDigest, splitShort } from '@vigie/shared/protocol/finer-levels';
import { entryDigest } from '@vigie/shared/protocol/inventory';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';

async function garden() {
  const site = await testLedger();
  for (let n = 0; n < 40; n++) site.file(`20261101/${n}.jpg`, { size: n });
  site.file('20261102/a.jpg');
  site.file('20261201/b.jpg');
  const entries = [...site.assets.entries(['20261101'], 7)].flat();
  return { ...site, entries, digests: entries.map(entryDigest) };
}

test('an outline has the days of the months that are asked for', async () => {
  const { assets } = await garden();
  const [first, second] = assets.buckets();
  expect(await inventoryAnswer(assets, { level: 'outline', keys: ['202611'] })).toEqual([
    ['20261101', 40, shortDigest(first?.digest ?? '')],
    ['20261102', 1, shortDigest(second?.digest ?? '')],
  ]);
});

test('slices come with the figures of their day; a day that is not there has none', async () => {
  const { assets } = await garden();
  const list = await inventoryAnswer(assets, { level: 'slices', keys: ['20261101', '20250101', '20261201'] });
  const [first, , third] = assets.buckets();
  expect(list).toEqual([
    { ...first, slices: expect.stringMatching(/^[0-9a-f]{128}$/) },
    { ...third, slices: expect.stringMatching(/^[0-9a-f]{128}$/) },
  ]);
  // One entry alone is its slice.
  const [only] = [...assets.entries(['20261201'], 7)].flat();
  const digest = entryDigest(only as NonNullable<typeof only>);
  const slices = splitShort((list[1] as DaySlices).slices);
  expect(slices.filter((slice) => slice !== '00000000')).toEqual([shortDigest(digest)]);
  expect(slices.indexOf(shortDigest(digest))).toBe(Number.parseInt(digest[0] as string, 16));
});

test('a large day has more slices', async () => {
  const { assets } = await garden();
  const entries = Array.from({ length: 1025 }, (_, n) => ({ path: `20261101/${n}.jpg`, size: n }));
  const large = {
    ...assets,
    *entries() {
      yield entries;
    },
  };
  const [day] = (await inventoryAnswer(large, { level: 'slices', keys: ['20261101'] })) as DaySlices[];
  expect(day?.slices).toHaveLength(256 * 8);
});

test('tags are those of all entries in a slice, and of no other', async () => {
  const { assets, digests } = await garden();
  const wanted = (digests[0] as string)[0] as string;
  const inSlice = digests.filter((digest) => digest.startsWith(wanted)).map(shortDigest);
  const list = await inventoryAnswer(assets, { level: 'tags', keys: [finerKey(wanted, '20261101')] });
  expect(list.map((item) => (item as SliceTags).slice)).toEqual([finerKey(wanted, '20261101')]);
  expect(list.flatMap((item) => splitShort((item as SliceTags).tags)).sort()).toEqual(inSlice.sort());
  expect(await inventoryAnswer(assets, { level: 'tags', keys: [finerKey(wanted, '20250101')] })).toEqual([]);
});

test('entries are found by their tags, on their days', async () => {
  const { assets, entries, digests } = await garden();
  const tag = shortDigest(digests[3] as string);
  const keys = [finerKey(tag, '20261101'), finerKey(tag, '20261102'), finerKey('00000000', '20261101')];
  expect(await inventoryAnswer(assets, { level: 'entries', keys })).toEqual([entries[3]]);
});
