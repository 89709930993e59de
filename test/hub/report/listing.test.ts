import { mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mayKeep } from '@vigie/hub/report/listing';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../support/random.ts';
import { sftpDestination, sharedSshd } from '../../support/remote.ts';
import { tempFolder } from '../../support/temp.ts';
import { entriesBelow, FOLDER, layDays, listedPair, OLD } from './listed-pair.ts';

const HOUR_MS = 3_600_000;
const DAYS = 30;
const FILES_A_DAY = 4;
const DAY = '20240105';

let server: Awaited<ReturnType<typeof sharedSshd>>;
beforeAll(async () => {
  server = await sharedSshd();
});
afterAll(() => server.stop());

const destination = (type: string, root: string): DestinationConfig =>
  type === 'sftp'
    ? sftpDestination(server.sshd, root, { name: 'archive', folder: '{source}' })
    : { name: 'archive', type: 'directory', root, folder: '{source}' };

async function pair(type: string, days = DAYS, now?: number) {
  const root = await tempFolder();
  const entries = layDays(root, days, FILES_A_DAY);
  const made = listedPair(await tempFolder(), destination(type, root), now);
  onTestFinished(() => made[Symbol.dispose]());
  await made.takes(entries);
  return { ...made, entries, folder: (name: string) => `${root}/${FOLDER}/${name}`, root };
}

// A directory's own time of change is that of the machine's clock, and cannot be set: there the hub's clock is years ahead.
describe.each(['sftp', 'directory'])('the list of a destination (%s)', (type) => {
  test('an unchanged pair of 695 days is told without listing a day or comparing an entry', async () => {
    const { report, clock, entries } = await pair(type, 695);
    const first = await report();
    expect(first.listing).toMatchObject({ pass: 'full', daysListed: 695, daysKept: 0, fullAt: clock.now() });
    expect(first.figures.matched.count).toBe(entries.length);
    const fullAt = clock.now();
    await clock.go(HOUR_MS);
    const second = await report();
    expect(second.listing).toEqual({ pass: 'incremental', daysListed: 0, daysKept: 695, entriesCompared: 0, fullAt });
    expect({ ...second, listing: 0 }).toEqual({ ...first, listing: 0 });
  });

  test('a day in which a name has come or gone is listed again, and no other', async () => {
    const { report, folder, clock } = await pair(type);
    await report();
    await clock.go(HOUR_MS);
    writeFileSync(folder(`${DAY}/extra.jpg`), 'new');
    rmSync(folder(`${DAY}/${DAY}000001.jpg`));
    const changed = await report();
    expect(changed.unmatched).toEqual([`missing ${DAY}/${DAY}000001.jpg`, `extra ${DAY}/extra.jpg`]);
    expect(changed.listing).toMatchObject({ pass: 'incremental', daysListed: 1, daysKept: DAYS - 1 });
    rmSync(folder(DAY), { recursive: true });
    expect((await report()).unmatched).toHaveLength(FILES_A_DAY);
  });

  test('what is done to the bytes of a file is seen by a full list alone, asked for or after a week', async () => {
    const { report, folder, clock } = await pair(type);
    await report();
    const torn = folder(`${DAY}/${DAY}000003.jpg`);
    await clock.go(HOUR_MS);
    truncateSync(torn, 0);
    expect((await report()).unmatched).toEqual([]);
    const full = await report({ full: true });
    expect(full).toMatchObject({
      unmatched: [`differing ${DAY}/${DAY}000003.jpg`],
      listing: { pass: 'full', daysKept: 0 },
    });
    truncateSync(torn, 1);
    await clock.go(7 * 24 * HOUR_MS);
    expect(await report()).toMatchObject({
      unmatched: [`differing ${DAY}/${DAY}000003.jpg`],
      listing: { pass: 'full' },
    });
  });

  test('a source that takes or loses an asset is compared in that day', async () => {
    const { report, takes, entries } = await pair(type);
    await report();
    const more = { path: `${DAY}/late.jpg`, size: 1 };
    await takes([...entries.filter(({ path }) => path.startsWith(DAY)), more]);
    const { unmatched, listing } = await report();
    expect(unmatched).toEqual([`missing ${more.path}`]);
    expect(listing).toMatchObject({ daysListed: 0, entriesCompared: 2 * FILES_A_DAY + 1 });
  });

  test('a filter by day, kind or path says the same as without what is kept', async () => {
    const { report, folder } = await pair(type);
    await report();
    writeFileSync(folder(`${DAY}/extra.jpg`), 'new');
    const filters = [{ fromDay: DAY }, { toDay: '20240104' }, { kinds: ['raw'] }, { pathPrefix: DAY.slice(0, 7) }];
    for (const filter of filters) {
      const { listing: _, ...incremental } = await report({ filter });
      const { listing: __, ...whole } = await report({ filter, isKept: false });
      expect(incremental).toEqual(whole);
    }
  });
});

test('a folder that changed a moment before it was listed is listed again until it was seen unchanged', async () => {
  const now = Date.now();
  const { report, folder, clock } = await pair('sftp', DAYS, now);
  utimesSync(folder(DAY), new Date(now), new Date(now));
  const listed: number[] = [];
  for (let at = 0; at < 4; at++) {
    listed.push((await report()).listing.daysListed);
    await clock.go(10 * 60_000);
  }
  // First all; then this one, since it might have changed again in the second of its first listing; then none.
  expect(listed).toEqual([DAYS, 1, 0, 0]);
});

test('after any change to the names at either side, what is kept says what a whole list says', async () => {
  const { report, takes, folder, root } = await pair('directory', 8);
  const random = randomOf(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let round = 0; round < 25; round++) {
    const day = `2024010${1 + Math.floor(random() * 9)}`;
    const change = Math.floor(random() * 6);
    const here = entriesBelow(root);
    if (change === 0) rmSync(folder(pick(here).path));
    if (change === 1) {
      mkdirSync(folder(`${day}/below`), { recursive: true });
      writeFileSync(folder(`${day}/below/${round}.jpg`), 'x');
    }
    if (change === 2) rmSync(folder(day), { recursive: true, force: true });
    if (change === 3) {
      mkdirSync(folder(day), { recursive: true });
      writeFileSync(folder(`${day}/${round}.part`), 'x');
      writeFileSync(folder(`${day}/${round}.cr2`), 'xx');
      utimesSync(folder(day), OLD, OLD);
    }
    if (change === 4) writeFileSync(folder(`${round}.jpg`), 'at the root');
    if (change === 5)
      await takes(here.filter(({ path }) => path.startsWith(day) && random() < 0.8 && !path.endsWith('.part')));
    const { listing, ...incremental } = await report();
    const { listing: _, ...whole } = await report({ isKept: false });
    expect(incremental, `round ${round}, change ${change}`).toEqual(whole);
    expect(listing.daysListed).toBeLessThanOrEqual(9);
  }
});

describe('what is known of a folder stands for it', () => {
  const limits = { now: 1_000 * HOUR_MS, fullEveryMs: 100 * HOUR_MS };
  const stamp = { mark: 'a', modifiedAt: 900 * HOUR_MS };
  const known = { ...stamp, seenAt: 990 * HOUR_MS, listedAt: 990 * HOUR_MS, isLeaf: true };
  test.each([
    ['when it is old and unchanged', known, stamp, true],
    ['not when its mark is another', known, { ...stamp, mark: 'b' }, false],
    ['not when the server tells nothing of it', known, undefined, false],
    ['not when folders lie below it', { ...known, isLeaf: false }, stamp, false],
    ['not when it was listed too long ago', { ...known, listedAt: 900 * HOUR_MS }, stamp, false],
    ['not when no report has told of it yet', { ...known, listedAt: 0 }, stamp, false],
    ['not when it was listed in the future', { ...known, listedAt: 1_001 * HOUR_MS }, stamp, false],
    ['not when it was young, and seen once', { ...known, modifiedAt: 989 * HOUR_MS }, stamp, false],
    ['when it was young, and seen before', { ...known, modifiedAt: 980 * HOUR_MS, seenAt: 981 * HOUR_MS }, stamp, true],
  ])('%s', (_, before, told, kept) => {
    expect(mayKeep(before, told, limits)).toBe(kept);
  });
});
