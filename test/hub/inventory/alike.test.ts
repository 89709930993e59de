import { type Chunk, splitList } from '@vigie/shared/link/chunks';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { finerKey, joinSlices, type OutlineDay, shortDigest, sliceOf } from '@vigie/shared/protocol/finer-levels';
import { entryDigest } from '@vigie/shared/protocol/inventory';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { joined } from './joined.ts';

/**
 * Short digests of two things that differ are alike once in four thousand million times. Here the answer of one level is put in the place of the one that
 * such a chance would give: what the hub knows already.
 */
async function alike(level: Chunk['level'], listOf: (entries: Entry[], told: Entry[]) => unknown[], times = 1) {
  const both = joined(await tempFolder());
  onTestFinished(both.close);
  for (let n = 0; n < 1600; n++) both.hold(`2025${10 + (n % 3)}${10 + (n % 16)}/${n}.jpg`);
  await both.talk();
  const before = both.known();
  both.hold(`${DAY}/new.jpg`);
  both.asked.length = 0;
  let left = times;
  await both.talk((message) => {
    if ('chunk' in message && message.chunk.level === level && left-- > 0)
      Object.assign(message.chunk, splitList(message.chunk, listOf(before, both.held()))[0]);
    return 'told';
  });
  expect(both.known()).toEqual(both.held());
  expect(both.row()?.reconciled).toBe(true);
  return both.asked.filter(({ keys }) => keys.length > 0).map(({ level: asked }) => asked);
}

const DAY = '20251010';
const ofDay = (entries: Entry[]) => entries.filter(({ path }) => path.startsWith(DAY)).map(entryDigest);

test('in an outline: the days of the month are told in whole digests', async () => {
  const daysOf = (entries: Entry[]) => [...new Set(entries.map(({ path }) => bucketOf(path)))].sort();
  const asked = await alike('outline', (before) =>
    daysOf(before)
      .filter((day) => day.startsWith('202510'))
      .map((day) => figures(before, day))
      .map(({ day, count, digest }): OutlineDay => [day, count, shortDigest(digest)]),
  );
  expect(asked).toEqual(['outline', 'month', 'slices', 'tags', 'entries']);
});

test('in slices: the day is told whole', async () => {
  const asked = await alike('slices', (before, held) => [{ ...figures(held), slices: joinSlices(ofDay(before), 16) }]);
  expect(asked).toEqual(['outline', 'slices', 'day']);
});

test('in tags: the day does not have the digest, and is looked at again, then whole', async () => {
  const withoutNews = (before: Entry[], held: Entry[]) => {
    const news = ofDay(held).find((digest) => !ofDay(before).includes(digest)) as string;
    const digests = ofDay(before).filter((digest) => sliceOf(digest, 16) === sliceOf(news, 16));
    return [{ slice: finerKey(sliceOf(news, 16), DAY), tags: digests.map(shortDigest).join('') }];
  };
  expect(await alike('tags', withoutNews)).toEqual(['outline', 'slices', 'tags', 'slices', 'tags', 'entries']);
  expect(await alike('tags', withoutNews, 9)).toEqual(['outline', 'slices', 'tags', 'slices', 'tags', 'day']);
});

function figures(entries: Entry[], day = DAY) {
  const all = entries.filter(({ path }) => path.startsWith(day));
  const digest = all.reduce((sum, e) => sum ^ BigInt(`0x${entryDigest(e)}`), 0n);
  const bytes = all.reduce((sum, { size }) => sum + size, 0);
  return { day, count: all.length, bytes, digest: digest.toString(16).padStart(64, '0') };
}
