import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSftp } from '@vigie/agent/doctor/sftp-check';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { expect, onTestFinished, test } from 'vitest';
import { type Sshd, startSshd } from '../../../scripts/sshd.ts';
import { startWithoutPrivilege } from '../../hub/check/sshd-without-privilege.ts';
import { type SftpDestination, sftpDestination } from '../../support/remote.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { freePort, tempFolder } from '../../support/temp.ts';
import { fixes, runFix } from './in-child.ts';

async function set() {
  const folder = await tempFolder();
  const sshd = await startSshd({ folder: join(folder, 'sshd') });
  onTestFinished(() => sshd.stop());
  const root = join(folder, 'landing');
  mkdirSync(root);
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, readFileSync(sshd.knownHosts));
  const destination = { ...sftpDestination(sshd, root), knownHosts };
  const check = (changes: Partial<SftpDestination> = {}, stallMs = 5_000) =>
    checkSftp(
      { config: { ...destination, ...changes }, folders: ['cam-1/garden', 'cam-1/roof'], token: 'abc', stallMs, clock },
      AbortSignal.timeout(20_000),
    );
  return { folder, sshd, root, knownHosts, check };
}

/** The same port with another key: a server that was set up anew, or somebody in between. */
async function impostor(sshd: Sshd, folder: string): Promise<void> {
  await sshd.stop();
  const other = await startSshd({ folder: join(folder, 'other'), port: sshd.port });
  onTestFinished(() => other.stop());
  // It lets in the same user.
  writeFileSync(join(folder, 'other/authorized_keys'), readFileSync(`${sshd.identityFile}.pub`));
}

test('a good destination: the login and each folder are well, and nothing is left there', async () => {
  const { root, check } = await set();
  mkdirSync(join(root, 'cam-1/garden'), { recursive: true });
  const findings = await check();
  expect(findings.map(({ code, state }) => `${code} ${state}`)).toEqual([
    'sftp-login ok',
    'sftp-writable ok',
    'sftp-writable ok',
  ]);
  expect(findings[1]?.message).toContain('cam-1/garden');
  expect(readdirSync(root, { recursive: true }).filter((name) => String(name).includes('doctor'))).toEqual([]);
});

test('a server that is not known: its fingerprint is shown, and the fix makes it known', async () => {
  const { knownHosts, check } = await set();
  writeFileSync(knownHosts, '');
  const [found] = await check();
  expect(found).toMatchObject({
    code: 'host-key-unknown',
    message: expect.stringMatching(/shows ssh-ed25519 SHA256:.*has no key of it/),
  });
  await runFix(fixes([found as never])['host-key-unknown'] as string);
  expect(fixes(await check())).toEqual({});
});

test('no known_hosts file at all: the fix makes one', async () => {
  const { knownHosts, check } = await set();
  rmSync(knownHosts);
  await runFix(fixes(await check())['host-key-file'] as string);
  expect(fixes(await check())).toEqual({});
});

test('a server with another key: both fingerprints are shown, and the fix puts the new one in place of the old', async () => {
  const { folder, sshd, check } = await set();
  await impostor(sshd, folder);
  const [found] = await check();
  expect(found?.code).toBe('host-key-changed');
  expect(new Set(found?.message.match(/SHA256:[\w+/]+/g)).size).toBe(2);
  await runFix(fixes([found as never])['host-key-changed'] as string);
  expect(fixes(await check())).toEqual({});
});

test('a key that was revoked', async () => {
  const { knownHosts, check } = await set();
  const line = readFileSync(knownHosts, 'utf8');
  writeFileSync(knownHosts, `@revoked ${line}`);
  expect(fixes(await check())).toEqual({ 'host-key-revoked': expect.stringContaining('@revoked') });
});

test('a login that is refused, and a key that cannot be read', async () => {
  const { folder, check } = await set();
  const identityFile = join(folder, 'stranger');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile]);
  expect(fixes(await check({ identityFile }))).toEqual({
    'sftp-login-refused': expect.stringContaining(`ssh-copy-id -i ${identityFile}.pub -p `),
  });
  expect(fixes(await check({ identityFile: join(folder, 'nothing') }))).toEqual({
    'sftp-secret': `ls -l ${join(folder, 'nothing')}`,
  });
});

test('a server that is stopped, and one that says nothing', async () => {
  const { sshd, check } = await set();
  expect(fixes(await check({ port: await freePort() }))['sftp-refused']).toContain('nc -vz 127.0.0.1');
  process.kill(sshd.pid, 'SIGSTOP');
  expect(fixes(await check({}, 500))['sftp-failed']).toContain('sftp -v -P');
});

test('a host name that nobody knows', async () => {
  const { check } = await set();
  expect(fixes(await check({ host: 'no-such-host.invalid' }))['sftp-unreachable']).toContain(
    'ping -c 3 no-such-host.invalid',
  );
});

test('a root that is not there', async () => {
  const { root, check } = await set();
  rmSync(root, { recursive: true });
  expect(fixes(await check())).toEqual({
    'sftp-root-absent': expect.stringContaining(`echo 'mkdir ${root}' | sftp -P`),
  });
});

test('a folder in which the account may not write', async () => {
  const { folder, sshd, root, check } = await set();
  await sshd.stop();
  mkdirSync(join(root, 'cam-1/garden'), { recursive: true });
  chmodSync(join(root, 'cam-1/garden'), 0o500);
  const stop = await startWithoutPrivilege(sshd, join(folder, 'sshd/sshd_config'));
  onTestFinished(stop);
  const findings = await check();
  expect(fixes(findings)).toEqual({
    'sftp-not-writable': `On the server: sudo chown ${sshd.user} ${join(root, 'cam-1/garden')}`,
  });
  // The other source's folder is looked at all the same.
  expect(findings.map(({ code }) => code)).toContain('sftp-writable');
});

test('a destination without room', async () => {
  const { root, check } = await set();
  smallDisk(join(root, 'cam-1'), 'size=1m,nr_inodes=1');
  expect(fixes(await check())).toEqual({ 'sftp-full': expect.stringContaining(`df -h ${join(root, 'cam-1')}`) });
});
