import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { landingConfig } from '@vigie/hub/commands/landing-config';
import { accountOf } from '@vigie/hub/field/account';
import { createLandingDoor } from '@vigie/hub/field/landing-door';
import { places } from '@vigie/hub/field/places';
import { createRequests } from '@vigie/hub/field/requests';
import type { Door } from '@vigie/hub/identity/door';
import { systemClock } from '@vigie/shared/kit/clock';
import { greets } from '../../scripts/sshd.ts';
import { mustBeRoot, startRootPart } from './field.ts';
import { freePort, until } from './temp.ts';

const run = promisify(execFile);

export type Landing = AsyncDisposable & {
  at: ReturnType<typeof places>;
  door: Door;
  port: number;
  knownHosts: string;
  log(): string;
  /** Lets a new device in; its account on this machine goes with the test. */
  device(): Promise<LandingDevice>;
  stopRootPart(): Promise<void>;
};
export type LandingDevice = { device: string; account: string; identityFile: string; publicKey: string };

/** Debian's sshd with the very files that landing-config has written, installed by its script, as root as in the field. */
export async function startLanding({ limitMs = 4_000 } = {}): Promise<Landing> {
  mustBeRoot();
  // sshd locks sessions into folders alone above which nobody but root may write: /tmp is none.
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync('/var/lib/vigie-test-landing-');
  opened.defer(() => rmSync(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const port = await freePort();
  const prefix = join(folder, 'root');
  const out = join(folder, 'out');
  await landingConfig([
    '--out',
    out,
    '--prefix',
    prefix,
    '--hub-user',
    'root',
    '--name',
    '127.0.0.1',
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  await run('sh', [join(out, 'install.sh'), '--apply']);
  const at = places(prefix);

  let log = '';
  const started: ChildProcess = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-e', '-f', at.sshdConfig],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  started.stderr?.on('data', (text: Buffer) => {
    log += text;
  });
  opened.defer(async () => {
    const gone = once(started, 'exit');
    started.kill('SIGKILL');
    await gone;
  });
  await until('the landing server greets', () => {
    if (started.exitCode !== null) throw new Error(`start sshd: it ended with ${started.exitCode}:\n${log}`);
    return greets('127.0.0.1', port);
  });
  const root = startRootPart(at, {});
  opened.defer(() => root.stop());
  const requests = createRequests({ folder: at.requests, clock: systemClock, limitMs });
  const door = createLandingDoor({ keysFolder: at.keys, requests });

  const whole = opened.move();
  return {
    at,
    door,
    port,
    knownHosts: at.landingKnownHosts,
    log: () => log,
    stopRootPart: root.stop,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
    async device() {
      const device = `test-${randomBytes(5).toString('hex')}`;
      const account = accountOf(device);
      const identityFile = join(folder, `id-${device}`);
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile]);
      const publicKey = (await readFile(`${identityFile}.pub`, 'utf8')).trim();
      whole.defer(() => removeAccount(account));
      await door.admit({ device, sshPublicKey: publicKey });
      return { device, account, identityFile, publicKey };
    },
  };
}

/** What runs under it is ended first: userdel refuses otherwise. */
function removeAccount(account: string): void {
  const script = `if getent passwd "$1" >/dev/null; then pkill -KILL -u "$1"; for i in 1 2 3 4 5 6 7 8 9; do pgrep -u "$1" >/dev/null || break; sleep 0.05; done; userdel "$1"; fi`;
  execFileSync('sh', ['-c', script, 'sh', account], { stdio: 'ignore' });
}

/** A file that is a picture as far as anybody here can tell. */
export function picture(folder: string, bytes: number): string {
  const file = join(folder, `${randomBytes(4).toString('hex')}.jpg`);
  writeFileSync(file, randomBytes(bytes));
  return file;
}
