import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrecedence } from '@vigie/agent/deliver/precedence';
import { createProofAudit, turnOf } from '@vigie/agent/deliver/proof-audit';
import { createProofs } from '@vigie/agent/store/proofs';
import { silentLog } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import { expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { startWithoutPrivilege } from '../../hub/check/sshd-without-privilege.ts';
import { handClock, testLedger } from '../../support/ledger.ts';
import { sftpDestination, upload } from '../../support/remote.ts';
import { tempFolder, until } from '../../support/temp.ts';

const DAY = 86_400_000;

async function provedAt(paths: string[]) {
  const serverFolder = await tempFolder();
  const sshd = await startSshd({ folder: serverFolder });
  onTestFinished(() => sshd.stop());
  const root = await tempFolder();
  const remote = openRemote(sftpDestination(sshd, root), '', { stallMs: 5_000 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  const clock = handClock();
  const store = await testLedger(undefined, clock);
  for (const path of paths) {
    const order = await upload(path, 2_000);
    const receipt = await remote.store(order);
    store.file(path, { size: order.size, sha256: order.sha256 });
    const claimed = store.deliveries.claim('archive', ['live']);
    if (claimed) store.deliveries.verified(claimed, 'archive', receipt);
  }
  const proofs = createProofs(store.ledger, store.outbox, 'archive');

  /** Lets turns run, one after the other, until something is seen. */
  async function auditUntil(
    what: string,
    seen: () => boolean,
    options: Partial<Parameters<typeof createProofAudit>[0]> = {},
  ): Promise<void> {
    const stop = new AbortController();
    const running = createProofAudit({
      destination: 'archive',
      remote,
      proofs,
      address: ({ path }) => path,
      withinMs: 30 * DAY,
      proof: 'size',
      changed: () => undefined,
      clock: { ...clock, sleep: () => new Promise((wake) => setTimeout(wake, 1)) },
      log: silentLog,
      ...options,
    }).run(stop.signal);
    try {
      await until(what, seen);
    } finally {
      stop.abort();
      await running;
    }
  }
  const audit = (proof: 'size' | 'digest') =>
    auditUntil('nothing is due', () => proofs.oldest(clock.now() - 30 * DAY, 1).length === 0, { proof });
  const standing = (path: string) => store.deliveries.standing(store.assets.find(path)?.id as number, 'archive');
  const told = () =>
    store.outbox.after(0, 100).flatMap((e) => (e.type === 'delivery-failed' ? [`${e.path} ${e.code}`] : []));
  return { ...store, clock, proofs, audit, auditUntil, standing, told, root, sshd, serverFolder };
}

test('what is gone or has another size since it was proved is told, and counts as proved no more', async () => {
  const paths = ['d/kept.jpg', 'd/gone.jpg', 'd/torn.jpg', 'd/folder.jpg'];
  const site = await provedAt(paths);
  rmSync(join(site.root, 'd/gone.jpg'));
  writeFileSync(join(site.root, 'd/torn.jpg'), 'torn');
  rmSync(join(site.root, 'd/folder.jpg'));
  mkdirSync(join(site.root, 'd/folder.jpg'));
  await site.audit('size');
  expect(site.told()).toEqual([]);

  site.clock.advance(30 * DAY);
  await site.audit('size');
  expect(site.told().sort()).toEqual([
    'd/folder.jpg lost-at-destination',
    'd/gone.jpg lost-at-destination',
    'd/torn.jpg changed-at-destination',
  ]);
  expect(paths.map((path) => site.standing(path)?.state)).toEqual(['verified', 'withdrawn', 'withdrawn', 'withdrawn']);
  expect(site.standing('d/kept.jpg')?.updatedAt).toBe(site.clock.now());
  expect(site.deliveries.verifiedAmount('garden', 'archive').count).toBe(1);
  // Nothing is sent, and nothing changed there.
  expect(site.deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  expect(statSync(join(site.root, 'd/torn.jpg')).size).toBe(4);
});

test('other bytes of the same size are found by digest alone', async () => {
  const site = await provedAt(['d/kept.jpg', 'd/changed.jpg']);
  writeFileSync(join(site.root, 'd/changed.jpg'), Buffer.alloc(2_000, 7));
  site.clock.advance(30 * DAY);
  await site.audit('size');
  expect(site.told()).toEqual([]);
  site.clock.advance(30 * DAY);
  await site.audit('digest');
  expect(site.told()).toEqual(['d/changed.jpg changed-at-destination']);
});

test('a destination that is not there proves nothing, and loses nothing', async () => {
  const site = await provedAt(['d/a.jpg']);
  rmSync(site.root, { recursive: true });
  site.clock.advance(30 * DAY);
  await expect(
    Promise.race([site.audit('size').then(() => 'over'), new Promise((wake) => setTimeout(() => wake('waits'), 500))]),
  ).resolves.toBe('waits');
  expect(site.told()).toEqual([]);
  expect(site.standing('d/a.jpg')?.state).toBe('verified');
  mkdirSync(join(site.root, 'd'), { recursive: true });
  await until('it is told once the disk is back, without the picture', () => site.told().length === 1);
});

test('a folder that may not be read is told once, and keeps nothing behind it from being looked at', async () => {
  const closed = Array.from({ length: 5 }, (_, n) => `closed/${n}.jpg`);
  const site = await provedAt([...closed, 'd/gone.jpg', 'd/kept.jpg']);
  await site.sshd.stop();
  onTestFinished(await startWithoutPrivilege(site.sshd, join(site.serverFolder, 'sshd_config')));
  rmSync(join(site.root, 'd/gone.jpg'));
  chmodSync(join(site.root, 'closed'), 0);
  onTestFinished(() => chmodSync(join(site.root, 'closed'), 0o755));
  site.clock.advance(30 * DAY);
  const lines: { code: string; count: number }[] = [];
  const log = { ...silentLog, warn: (line: object) => void lines.push(line as (typeof lines)[number]) };
  await site.auditUntil(
    'the last one is confirmed',
    () => site.standing('d/kept.jpg')?.updatedAt === site.clock.now(),
    { log, proof: 'digest' },
  );
  expect(site.told()).toEqual(['d/gone.jpg lost-at-destination']);
  expect(lines.every(({ code }) => code === 'permission')).toBe(true);
  expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(closed.length);
  // They are proved as before, and looked at again later.
  expect(site.standing('closed/0.jpg')?.state).toBe('verified');
  site.clock.advance(DAY);
  chmodSync(join(site.root, 'closed'), 0o755);
  await site.audit('digest');
  expect(site.standing('closed/0.jpg')?.updatedAt).toBe(site.clock.now());
});

test('while a destination is paused, or a fresh picture on its way there, nothing is looked at', async () => {
  const site = await provedAt(['d/a.jpg']);
  site.clock.advance(30 * DAY);
  let asked = 0;
  const mayLook = () => {
    asked += 1;
    return asked > 20;
  };
  const precedence = createPrecedence(undefined);
  const fresh = precedence.begin('live');
  const confirmed = () => site.standing('d/a.jpg')?.updatedAt === site.clock.now();
  const looking = site.auditUntil('it is confirmed', confirmed, { mayLook, pace: precedence.behind, proof: 'digest' });
  await until('the pause is over', () => asked > 20);
  expect(confirmed()).toBe(false);
  fresh.end();
  await looking;
});

test('an archive of any size is looked at once within the time, a minute’s share twice over in each turn', () => {
  expect(turnOf(0, 30 * DAY)).toBe(1);
  expect(turnOf(43_200, 30 * DAY)).toBe(2);
  expect(turnOf(1_000_000, 30 * DAY)).toBe(47);
});
