import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createThrottle } from '@vigie/agent/deliver/limits/throttle';
import { systemClock } from '@vigie/shared/kit/clock';
import { openRemote } from '@vigie/shared/remote/open';
import type { Pace } from '@vigie/shared/remote/remote-folder';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Sshd } from '../../scripts/sshd.ts';
import { sftpDestination, sharedSshd, upload } from '../support/remote.ts';
import { tempFolder } from '../support/temp.ts';

let sshd: Sshd;
beforeAll(async () => {
  const shared = await sharedSshd();
  sshd = shared.sshd;
  return shared.stop;
});

const BYTES = 600_000;
const RATE = 400_000;
const paced = (): Pace => {
  const { take } = createThrottle(() => RATE, systemClock);
  return { up: take, down: take };
};

describe.each(['sftp', 'directory'] as const)('the bandwidth of a destination: %s', (kind) => {
  test('sending takes the time that the bandwidth gives it, longer than a stall would last, and arrives whole', async () => {
    const root = await tempFolder();
    const config =
      kind === 'sftp' ? sftpDestination(sshd, root) : { name: 'test', type: kind, root, folder: '{source}' };
    const remote = openRemote(config, 'cam-1/garden', { stallMs: 500 });
    onTestFinished(() => remote[Symbol.asyncDispose]());
    // The connection is made by the first one, which has no limit.
    await remote.store(await upload('d/first.jpg', BYTES));
    const order = await upload('d/paced.jpg', BYTES, { pace: paced() });
    const begun = systemClock.monotonic();
    const receipt = await remote.store(order);
    const tookMs = systemClock.monotonic() - begun;
    expect(receipt.sent).toBe(true);
    expect(readFileSync(join(root, 'cam-1/garden/d/paced.jpg')).equals(readFileSync(order.localPath))).toBe(true);
    // The last write goes without waiting for its own time.
    expect(tookMs).toBeGreaterThan(((BYTES - 70_000) / RATE) * 1000);
    expect(tookMs).toBeLessThan(10_000);
  });
});
