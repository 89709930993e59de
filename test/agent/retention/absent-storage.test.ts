import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditSource } from '@vigie/agent/inventory/audit';
import type { Assets } from '@vigie/agent/store/assets';
import { silentLog } from '@vigie/shared/kit/log';
import { walk } from '@vigie/shared/remote/walk';
import { expect, test } from 'vitest';
import { site } from './site.ts';

type Garden = Awaited<ReturnType<typeof site>>;

const audit = (
  { root, assets }: Pick<Garden, 'root'> & { assets: Assets },
  isPresent: () => boolean,
  judged?: (doubted: boolean) => void,
) =>
  auditSource({
    ...(judged && { judged }),
    folder: root,
    assets,
    isPresent,
    walk: (folder) => walk(folder),
    before: Date.now(),
    capturedAt: (_, modifiedAt) => modifiedAt,
    log: silentLog,
    signal: new AbortController().signal,
  });

async function garden(files = 8): Promise<Garden> {
  const made = await site();
  for (let i = 0; i < files; i++) await made.take(`p${i}`, 1000);
  return made;
}

/** The disk is pulled out as soon as the audit has its list. */
const pulledOut = ({ assets, mounted }: Garden): Assets => ({
  ...assets,
  *places(portion) {
    for (const rows of assets.places(portion)) {
      mounted.unmount();
      yield rows;
    }
  },
});

test('a disk that is pulled out during the audit has lost nothing', async () => {
  const made = await garden();
  const { assets, isPresent, outbox } = made;
  const before = outbox.size();
  expect(await audit({ root: made.root, assets: pulledOut(made) }, isPresent)).toEqual({
    gone: 0,
    adopted: 0,
    doubted: false,
    whole: false,
  });
  expect(assets.held().count).toBe(8);
  expect(outbox.size()).toBe(before);
});

test('an audit that went by what the last scan saw would take all of it for removed', async () => {
  const made = await garden();
  const stale = () => true;
  await audit({ root: made.root, assets: pulledOut(made) }, stale).catch((error: { code?: string }) => {
    if (error.code !== 'root-absent') throw error;
  });
  expect(made.assets.held().count).toBe(0);
});

test('a disk that is there and was emptied by somebody is another matter: its pictures are gone', async () => {
  const made = await garden();
  await rm(join(made.root, 'result/20261101'), { recursive: true });
  expect(await audit(made, made.isPresent)).toEqual({ gone: 8, adopted: 0, doubted: false, whole: true });
  expect(made.events('removed')).toHaveLength(8);
});

test('a mount point with a marker of its own, whose disk is not mounted, is not the disk: nothing is gone', async () => {
  const made = await garden(20);
  made.mounted.unmount();
  await mkdir(join(made.root, 'result'), { recursive: true });
  await writeFile(join(made.root, '.vigie-folder'), 'the marker of the mount point');
  await writeFile(join(made.root, 'result/other.jpg'), 'of nobody');
  const judged: boolean[] = [];
  const doubted = await audit(made, made.isPresent, (isDoubted) => judged.push(isDoubted));
  expect(doubted).toEqual({ gone: 0, adopted: 0, doubted: true, whole: false });
  expect(judged).toEqual([true]);
  expect(made.assets.held().count).toBe(20);

  // A person says that they were removed on purpose.
  await writeFile(join(made.root, '.vigie-emptied'), '');
  expect(await audit(made, made.isPresent)).toMatchObject({ gone: 20, doubted: false });
  expect(existsSync(join(made.root, '.vigie-emptied'))).toBe(false);
});

test('the ladder removes nothing while the storage is absent, and goes on when it is back', async () => {
  const made = await site();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await made.take(name, 1_050_000);
  made.prove();
  await rm(join(made.root, '.vigie-folder'));
  await made.ladder.look();
  expect(made.assets.held().count).toBe(6);
  expect(made.ladder.mayCapture('garden')).toEqual({ ok: true });
  await writeFile(join(made.root, '.vigie-folder'), 'the marker');
  await made.ladder.look();
  expect(made.assets.held().count).toBe(3);
});
