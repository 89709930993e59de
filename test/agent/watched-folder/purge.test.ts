import { linkSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeletion } from '@vigie/agent/retention/deletion';
import { localKeptDisk } from '@vigie/agent/retention/kept-disk';
import { freePermission, ledgerPermission } from '@vigie/agent/retention/permission';
import { proofOf } from '@vigie/agent/retention/proof';
import type { KeptAsset } from '@vigie/agent/retention/shelf';
import { createPurges } from '@vigie/agent/store/purges';
import { localDisk } from '@vigie/agent/watched-folder/disk';
import { createPurge, type MayDelete, purgeConfig } from '@vigie/agent/watched-folder/purge';
import { treesOf } from '@vigie/agent/watched-folder/trees';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { handClock, testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { tempFolder } from '../../support/temp.ts';
import { dice } from '../retention/dice.ts';
import { keep } from '../retention/keep.ts';

const DAY_MS = 86_400_000;
const TREES = ['input', 'stage', 'result', 'preserve', 'failure'] as const;

/** A watched folder whose files belong to nobody's destination: age alone decides. */
async function yard(settings: Parameters<typeof purgeConfig.parse>[0], mayDelete?: MayDelete) {
  const root = await tempFolder();
  const trees = treesOf(root);
  for (const tree of TREES) await mkdir(join(root, tree));
  const clock = handClock(0);
  const free = freePermission({ deletion: { removePlain: localKeptDisk.remove }, treeOf: (tree) => trees[tree] });
  const purge = createPurge({
    disk: localDisk,
    trees,
    settings: purgeConfig.parse(settings),
    mayDelete: mayDelete ?? free,
    clock,
    log: silentLog,
  });
  return {
    root,
    clock,
    purge,
    async put(path: string, content = 'x') {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), content);
    },
    files: async () =>
      (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort(),
    /** Sets the clock to so long after the file has come. */
    async after(path: string, ms: number) {
      const look = await localDisk.look(join(root, path));
      clock.advance(Math.max(look?.modifiedAt ?? 0, look?.changedAt ?? 0) + ms - clock.now());
    },
  };
}

test('K01: nothing is ever purged unless days are given', async () => {
  expect(purgeConfig.parse({})).toEqual({ result: -1, preserve: -1, failure: -1 });
  const { purge, put, files, after } = await yard({});
  await put('result/20200101/a.jpg');
  await after('result/20200101/a.jpg', 36_000 * DAY_MS);
  expect(await purge.run()).toEqual({ removed: 0, bytes: 0, folders: 0, kept: 0 });
  expect(await files()).toEqual(['result/20200101/a.jpg']);
});

test('K02: each tree has its own days, and folders that are old and empty go as well', async () => {
  const { purge, put, files, after, root } = await yard({ result: 10, preserve: 20, failure: 30 });
  for (const tree of ['result', 'preserve', 'failure']) await put(`${tree}/20260101/deep/a.jpg`, '12345');
  const at = async (days: number) => {
    await after('failure/20260101/deep/a.jpg', days * DAY_MS + 60_000);
    return purge.run();
  };
  expect(await at(10)).toEqual({ removed: 1, bytes: 5, folders: 2, kept: 0 });
  expect(await readdir(join(root, 'result'))).toEqual([]);
  expect(await files()).toEqual(['failure/20260101/deep/a.jpg', 'preserve/20260101/deep/a.jpg']);
  await at(20);
  expect(await files()).toEqual(['failure/20260101/deep/a.jpg']);
  await at(30);
  expect(await files()).toEqual([]);
  expect(await readdir(root)).toEqual([...TREES].sort());
});

test('K03: exactly so many days old stays, a millisecond more goes', async () => {
  const { purge, put, files, after } = await yard({ result: 7 });
  await put('result/a.jpg');
  await after('result/a.jpg', 7 * DAY_MS);
  expect(await purge.run()).toMatchObject({ removed: 0 });
  expect(await files()).toEqual(['result/a.jpg']);
  await after('result/a.jpg', 7 * DAY_MS + 1);
  expect(await purge.run()).toMatchObject({ removed: 1 });
  expect(await files()).toEqual([]);
});

test('K04: 0 days, which would take everything at once, is refused', () => {
  for (const days of [0, -2, 1.5, 40_000]) {
    const message = purgeConfig.safeParse({ result: days }).error?.issues[0]?.message;
    expect(message).toBeDefined();
  }
  expect(purgeConfig.safeParse({ result: 0 }).error?.issues[0]?.message).toBe(
    '-1 (never) or 1 to 36500 days are allowed',
  );
});

test('K05: input and stage are never touched, nor what a link leads to', async () => {
  const { purge, put, files, after, root } = await yard({ result: 1, preserve: 1, failure: 1 });
  const elsewhere = await tempFolder();
  await writeFile(join(elsewhere, 'kept.jpg'), 'x');
  for (const tree of TREES) await put(`${tree}/a.jpg`);
  await put('stage/1/.work/b.jpg');
  symlinkSync(elsewhere, join(root, 'result/link'));
  await after('stage/1/.work/b.jpg', 400 * DAY_MS);
  await purge.run();
  expect(await files()).toEqual(['input/a.jpg', 'stage/1/.work/b.jpg', 'stage/a.jpg']);
  expect(await readdir(elsewhere)).toEqual(['kept.jpg']);
});

test('K05: in random trees exactly the old files of the three trees go', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = dice(seed);
    const days = { result: random.pick([-1, 1, 3]), preserve: random.pick([-1, 2]), failure: random.pick([-1, 1, 5]) };
    const { purge, put, files, after } = await yard(days);
    const all = Array.from(
      { length: 12 },
      (_, n) => `${random.pick(TREES)}/${random.below(3)}/${random.below(2)}/${n}.jpg`,
    );
    for (const path of all) await put(path);
    const age = random.below(6);
    await after(all.at(-1) as string, age * DAY_MS + 60_000);
    const { removed } = await purge.run();
    const left = all.filter((path) => {
      const limit = days[path.split('/')[0] as 'result'] ?? -1;
      return limit === -1 || age < limit;
    });
    expect(await files(), `seed ${seed}`).toEqual(left.sort());
    expect(removed).toBe(all.length - left.length);
  }
});

/** A picture source with a ledger: what is held is owed to `archive` and `mirror`. */
async function garden(days: Parameters<typeof purgeConfig.parse>[0]) {
  const folder = await tempFolder();
  const ledger = await testLedger();
  const purges = createPurges({ ledger: ledger.ledger, assetsOf: () => ledger.assets });
  const clock = handClock(Date.now());
  const judge = ({ standings }: KeptAsset) => proofOf(['archive', 'mirror'], standings, { at: 'all', level: 'size' });
  const rootOf = async () => folder;
  const disk = localKeptDisk;
  const deletion = createDeletion({ shelf: purges, disk, judge, rootOf, clock, log: silentLog });
  const parts = { source: 'garden', root: folder, shelf: purges, disk, deletion, judge, withResult: false };
  const purge = createPurge({
    disk: localDisk,
    trees: treesOf(folder),
    settings: purgeConfig.parse(days),
    mayDelete: ledgerPermission(parts),
    clock,
    log: silentLog,
  });
  const prove = (count: number) => {
    for (let i = 0; i < count; i++) {
      for (const destination of ['archive', 'mirror']) {
        const claimed = ledger.deliveries.claim(destination, ['backfill', 'live']);
        if (!claimed) throw new Error('nothing is owed');
        ledger.deliveries.verified(claimed, destination, receiptOf('size'));
      }
    }
  };
  return { ...ledger, folder, clock, purge, prove };
}

test('K06: a file that no destination has proved is never purged, however old', async () => {
  const { folder, clock, purge, prove, assets, ledger, deliveries, outbox } = await garden({
    result: 1,
    preserve: 1,
    failure: 1,
  });
  for (const name of ['a', 'b', 'c'])
    await keep({ assets, root: folder, path: `20261101/${name}.jpg`, at: clock.now() });
  await writeFile(join(folder, 'result/20261101/unknown.jpg'), 'the ledger has never heard of it');
  await mkdir(join(folder, 'failure'));
  await writeFile(join(folder, 'failure/torn.jpg'), 'half a picture');
  prove(1);
  clock.advance(100 * DAY_MS);
  expect(await purge.run()).toMatchObject({ removed: 2, kept: 6 });
  // The live lane delivers the newest first, so "c" was proved; both its names are gone.
  expect(await readdir(join(folder, 'result/20261101'))).toEqual(['a.jpg', 'b.jpg', 'unknown.jpg']);
  expect(await readdir(join(folder, 'preserve/20261101'))).toEqual(['a.jpg', 'b.jpg']);
  expect(await readdir(join(folder, 'failure'))).toEqual(['torn.jpg']);

  // It is purged for inventories and events, and not missing.
  expect(assets.held().count).toBe(2);
  const entries = [...assets.entries(['20261101'], 100)].flat();
  expect(entries.map(({ path, purgedAt }) => [path, purgedAt])).toEqual([
    ['20261101/a.jpg', undefined],
    ['20261101/b.jpg', undefined],
    ['20261101/c.jpg', clock.now()],
  ]);
  expect(outbox.newest()).toMatchObject({
    type: 'removed',
    entry: { path: '20261101/c.jpg', purgedAt: clock.now() },
    reason: 'purged: its time was over',
  });
  expect(assets.purged('20261101/c.jpg')).toMatchObject({ provedAt: ['archive', 'mirror'], isOpen: false });
  expect(deliveries.backlog('garden', 'archive').count).toBe(2);
  expect(ledger.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('K06: an original of which something else was made is not proved by what was made of it', async () => {
  const { folder, clock, purge, prove, assets } = await garden({ result: 1, preserve: 1 });
  await keep({ assets, root: folder, path: '20261101/a.jpg', at: clock.now(), original: 'the untouched original' });
  prove(1);
  clock.advance(100 * DAY_MS);
  expect(await purge.run()).toMatchObject({ removed: 1, kept: 1 });
  expect(await readdir(join(folder, 'preserve/20261101'))).toEqual(['a.jpg']);
});

test('K06: a second name of a picture that is not proved stays as well', async () => {
  const { folder, clock, purge, assets } = await garden({ preserve: 1 });
  await keep({ assets, root: folder, path: '20261101/a.jpg', at: clock.now() });
  linkSync(join(folder, 'result/20261101/a.jpg'), join(folder, 'preserve/20261101/third-name.jpg'));
  clock.advance(100 * DAY_MS);
  expect(await purge.run()).toMatchObject({ removed: 0, kept: 2 });
});
