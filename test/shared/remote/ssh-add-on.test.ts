import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const fromShared = createRequire(join(ROOT, 'shared/package.json'));
const fromHardware = createRequire(join(ROOT, 'hardware/package.json'));
const SSH = createRequire(fromShared.resolve('ssh2')).resolve('./protocol/crypto/build/Release/sshcrypto.node');

test('ciphers of connections that are gone are collected while the process is idle', async () => {
  const program = join(import.meta.dirname, 'collect-ciphers.ts');
  const flags = ['--max-semi-space-size=1', '--single-threaded-gc'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, SSH], { timeout: 60_000 });
  expect(Number(stdout)).toBeGreaterThan(100);
});

test('no add-on that set-up builds removes clean-up hooks, which aborts where no script runs', () => {
  const addOns = [
    SSH,
    join(fromHardware.resolve('gphoto2/package.json'), '../build/Release/gphoto2.node'),
    join(createRequire(fromHardware.resolve('onoff')).resolve('epoll/package.json'), '../build/Release/epoll.node'),
  ];
  for (const addOn of addOns) expect(readFileSync(addOn).includes('RemoveEnvironmentCleanupHook'), addOn).toBe(false);
});
