import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import type { Verdict } from '@vigie/agent/deliver/judge';
import { createRefusals } from '@vigie/agent/deliver/refusals';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import { expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { testLedger } from '../../support/ledger.ts';
import { sftpDestination, upload } from '../../support/remote.ts';
import { tempFolder, until } from '../../support/temp.ts';

const failure: Verdict = { about: 'asset', code: 'server-failure', message: 'the server answered "Failure"' };

test('one file that is refused again and again is about itself; three different ones in a row are about the destination', () => {
  const refusals = createRefusals('archive');
  for (let n = 0; n < 10; n++) expect(refusals.refused(1, failure)).toEqual(failure);
  expect(refusals.refused(2, failure).about).toBe('asset');
  expect(refusals.refused(3, failure)).toMatchObject({ about: 'connection', code: 'destination-refuses' });
  expect(refusals.refused(4, failure).about).toBe('connection');
  refusals.accepted();
  expect(refusals.refused(5, failure).about).toBe('asset');
  const conflict: Verdict = { ...failure, about: 'hopeless', code: 'conflict' };
  for (let n = 6; n < 10; n++) expect(refusals.refused(n, conflict)).toEqual(conflict);
});

/** While it lasts, the server's disk takes no file whole: the account's quota is used up when its bytes are flushed. */
async function quotaUsedUp(pid: number): Promise<() => Promise<void>> {
  const inject = ['-f', '-qq', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EDQUOT', '-o', '/dev/null'];
  const strace = spawn('strace', [...inject, '-p', String(pid)], { stdio: 'ignore' });
  const ended = once(strace, 'exit');
  const end = async () => {
    strace.kill('SIGINT');
    await ended;
  };
  onTestFinished(end);
  await until('strace has attached', () => !/TracerPid:\s+0/.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  return end;
}

test('a used-up quota at OpenSSH is told as the destination’s trouble, one file knocks at a time, and all arrive when there is room', async () => {
  const sshd = await startSshd({ folder: await tempFolder() });
  onTestFinished(() => sshd.stop());
  const root = await tempFolder();
  const store = await testLedger(undefined, systemClock);
  const places = new Map<string, string>();
  for (let n = 0; n < 10; n++) {
    const { path, localPath, size, sha256 } = await upload(`d/${n}.jpg`, 20_000);
    places.set(path, localPath);
    store.file(path, { size, sha256 });
  }
  const quotaRaised = await quotaUsedUp(sshd.pid);

  const refused: string[] = [];
  const warn = (line: object) => void refused.push((line as { path: string }).path);
  const deliverer = createDeliverer({
    destination: 'archive',
    remote: openRemote(sftpDestination(sshd, root), '', { stallMs: 5_000 }),
    deliveries: store.deliveries,
    locate: ({ path }) => places.get(path) as string,
    address: ({ path }) => path,
    lost: () => false,
    changed: () => undefined,
    workers: 1,
    proof: 'size',
    backoff: { baseMs: 50, capMs: 100 },
    clock: systemClock,
    random: () => 1,
    log: { ...silentLog, warn },
  });
  const stop = new AbortController();
  const running = deliverer.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  await until('the destination is told to be in trouble', () => deliverer.condition().error !== null);
  expect(deliverer.condition()).toMatchObject({
    error: { code: 'destination-refuses', hint: expect.stringContaining('quota') },
  });
  // What was under way together fails together; from then on it is one at a time, and each time another.
  await until(
    'they have ended',
    () => store.ledger.sqlite.prepare("select 1 from delivery where state = 'sending'").all().length === 0,
  );
  const before = refused.length;
  await until('it was knocked again', () => refused.length >= before + 3);
  expect(new Set(refused.slice(before, before + 3)).size).toBe(3);
  expect(store.deliveries.verifiedAmount('garden', 'archive').count).toBe(0);

  await quotaRaised();
  await until('all have arrived', () => store.deliveries.verifiedAmount('garden', 'archive').count === 10);
  expect(deliverer.condition().error).toBeNull();
  expect(readFileSync(join(root, 'd/0.jpg')).length).toBe(20_000);
});
