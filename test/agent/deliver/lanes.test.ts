import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIVE_FOR_MS } from '@vigie/agent/store/deliveries';
import { systemClock } from '@vigie/shared/kit/clock';
import { openRemote } from '@vigie/shared/remote/open';
import { expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { deliverFrom } from '../../support/deliver.ts';
import { testLedger } from '../../support/ledger.ts';
import { sftpDestination } from '../../support/remote.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { tempFolder, until } from '../../support/temp.ts';

const BYTES = 1_500_000;
const SPEED = 1_000_000;
const OWN_MS = (BYTES / SPEED) * 1000;

test('while a backlog is sent over a slow link, a fresh picture takes at most twice the time that it needs alone, and the backlog ends', async () => {
  const sshd = await startSshd({ folder: await tempFolder() });
  onTestFinished(() => sshd.stop());
  await using link = await startTcpProxy({ target: sshd });
  link.bandwidth(SPEED);
  const [held, root] = [await tempFolder(), await tempFolder()];
  const site = await testLedger();
  const deliverer = deliverFrom(held, {
    remote: openRemote(sftpDestination(sshd, root, { port: link.port }), '', { stallMs: 10_000 }),
    deliveries: site.deliveries,
    backoff: { baseMs: 100, capMs: 1_000 },
    clock: { ...systemClock, now: site.clock.now },
    random: () => 0.5,
  });

  function take(path: string): void {
    const bytes = randomBytes(BYTES);
    mkdirSync(dirname(join(held, path)), { recursive: true });
    writeFileSync(join(held, path), bytes);
    site.file(path, { size: BYTES, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  const isVerified = (path: string) =>
    site.deliveries.standing(site.assets.find(path)?.id as number, 'archive')?.state === 'verified';

  for (let n = 0; n < 4; n++) take(`d/old-${n}.jpg`);
  site.clock.advance(LIVE_FOR_MS + 1_000);
  const stop = new AbortController();
  const running = deliverer.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  await until('the backlog is under way', () => link.upBytes > 500_000);

  for (const path of ['d/new-1.jpg', 'd/new-2.jpg']) {
    const begun = systemClock.monotonic();
    take(path);
    deliverer.wake();
    await until(`${path} has arrived`, () => isVerified(path));
    expect(systemClock.monotonic() - begun).toBeLessThan(2 * OWN_MS);
  }
  await until('the backlog has arrived', () => site.deliveries.backlog('garden', 'archive').count === 0);
});
