import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLandingDoor } from '@vigie/hub/field/landing-door';
import { createRequests } from '@vigie/hub/field/requests';
import { systemClock } from '@vigie/shared/kit/clock';
import { openRemote } from '@vigie/shared/remote/open';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Landing, type LandingDevice, picture, startLanding } from '../../support/landing.ts';
import { FLAG, NO_ATTRIBUTES, REQUEST, rawSftp, sshArguments, uint32 } from '../../support/raw-sftp.ts';
import { tempFolder, until } from '../../support/temp.ts';

const run = promisify(execFile);

let landing: Landing;
beforeAll(async () => {
  landing = await startLanding();
});
afterAll(() => landing[Symbol.asyncDispose]());

/** As the agent delivers: its own adapter, with the settings that enrolment gives it. */
function delivery({ port, knownHosts }: Landing, { account, identityFile }: LandingDevice) {
  const remote = openRemote(
    {
      ...{ name: 'landing', type: 'sftp', host: '127.0.0.1', port, user: account, identityFile, knownHosts },
      ...{ root: '/pictures', folder: '{source}', connections: 2, serverDigest: 'auto' },
    },
    'roof',
    { stallMs: 10_000 },
  );
  onTestFinished(() => remote[Symbol.asyncDispose]());
  return remote;
}

async function upload(bytes: number, path: string) {
  const localPath = picture(await tempFolder(), bytes);
  const sha256 = createHash('sha256').update(readFileSync(localPath)).digest('hex');
  return {
    localPath,
    path,
    size: bytes,
    sha256,
    modifiedAt: 1_700_000_000_000,
    replace: false,
    proof: 'digest' as const,
  };
}

test('an agent delivers, and what has arrived is the hub’s to read and nobody else’s', async () => {
  const device = await landing.device();
  const remote = delivery(landing, device);
  expect(await remote.capabilities).toEqual({ fsync: true, atomicReplace: false, freeSpace: true });
  const small = await upload(20_000, '20261124/a.jpg');
  for (const what of [
    small,
    await upload(3_000_000, '20261124/b.jpg'),
    { ...(await upload(100, 'c.jpg')), unsent: true },
  ]) {
    expect(await remote.store(what)).toMatchObject({ level: 'digest', sent: true, digestBy: 'read-back' });
    const arrived = join(landing.at.pictures, device.account, 'pictures/roof', what.path);
    expect(readFileSync(arrived)).toEqual(readFileSync(what.localPath));
    const { mode, gid, mtimeMs } = statSync(arrived);
    expect([mode & 0o777, gid, mtimeMs]).toEqual([0o640, process.getgid?.(), what.modifiedAt]);
  }
  // Again, and after an attempt that broke off and left its part.
  expect(await remote.store(small)).toMatchObject({ sent: false });
  const broken = await upload(600_000, '20261124/d.jpg');
  const folder = join(landing.at.pictures, device.account, 'pictures/roof/20261124');
  const cut = new AbortController();
  await expect(remote.store({ ...broken, onBytes: () => cut.abort(new Error('cut')) }, cut.signal)).rejects.toThrow(
    'cut',
  );
  const parts = () => readdirSync(folder).filter((name) => name.startsWith('d.jpg') && name.endsWith('.part'));
  expect(parts()).toHaveLength(1);
  expect(await remote.store(broken)).toMatchObject({ sent: true });
  expect(parts()).toEqual([]);

  // What is there stays: another content under its name is a conflict, and to replace it is not a device's right.
  const other = await upload(20_000, small.path);
  await expect(remote.store(other)).rejects.toMatchObject({ code: 'conflict' });
  await expect(remote.store({ ...other, replace: true })).rejects.toMatchObject({ code: 'server-failure' });
  expect(readFileSync(join(folder, 'a.jpg'))).toEqual(readFileSync(small.localPath));
});

test('no SFTP request reaches what belongs to another device', async () => {
  const [one, other] = [await landing.device(), await landing.device()];
  const theirs = join(landing.at.pictures, other.account, 'pictures');
  const secret = join(theirs, 'secret.jpg');
  writeFileSync(secret, 'secret');
  // Even where its mode would let everybody.
  for (const path of [theirs, secret]) chmodSync(path, 0o777);
  writeFileSync(join(landing.at.pictures, one.account, 'pictures', 'own.jpg'), 'own');
  const before = statSync(secret);
  const sftp = await rawSftp(landing, one);
  const tried: string[] = [];
  const refused = async (name: string, type: number, fields: (string | number | Buffer)[], raw?: Buffer) => {
    const { status, body } = await sftp.ask(type, fields, raw);
    tried.push(name);
    expect([name, fields, status]).not.toEqual([name, fields, 0]);
    expect([name, body.toString('latin1').includes('secret.jpg')]).toEqual([name, false]);
  };
  const size = Buffer.concat([uint32(1), uint32(0), uint32(0)]);
  for (const path of [
    secret,
    `/../${other.account}/pictures/secret.jpg`,
    '../../../../../../etc/passwd',
    `/pictures/../../${other.account}/pictures/secret.jpg`,
  ]) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    await refused('read', REQUEST.open, [path, FLAG.read], NO_ATTRIBUTES);
    await refused('write', REQUEST.open, [path, FLAG.write], NO_ATTRIBUTES);
    await refused('append', REQUEST.open, [path, FLAG.write | FLAG.append], NO_ATTRIBUTES);
    await refused('truncate', REQUEST.open, [path, FLAG.write | FLAG.truncate], NO_ATTRIBUTES);
    await refused('create', REQUEST.open, [`${path}.new`, FLAG.write | FLAG.create], NO_ATTRIBUTES);
    await refused('exclusive', REQUEST.open, [`${path}.new`, FLAG.write | FLAG.create | FLAG.exclusive], NO_ATTRIBUTES);
    await refused('opendir', REQUEST.opendir, [folder]);
    await refused('stat', REQUEST.stat, [path]);
    await refused('lstat', REQUEST.lstat, [path]);
    await refused('setstat', REQUEST.setstat, [path], size);
    await refused('rename away', REQUEST.rename, [path, '/pictures/mine.jpg']);
    await refused('rename there', REQUEST.rename, ['/pictures/own.jpg', `${path}.new`]);
    await refused('remove', REQUEST.remove, [path]);
    await refused('mkdir', REQUEST.mkdir, [`${folder}/new`], NO_ATTRIBUTES);
    await refused('rmdir', REQUEST.rmdir, [folder]);
    await refused('readlink', REQUEST.readlink, [path]);
    await refused('symlink', REQUEST.symlink, [path, '/pictures/link.jpg']);
    for (const [name, ...fields] of [
      ['posix-rename@openssh.com', path, '/pictures/mine.jpg'],
      ['posix-rename@openssh.com', '/pictures/own.jpg', path],
      ['hardlink@openssh.com', path, '/pictures/mine.jpg'],
      ['statvfs@openssh.com', path],
      ['lsetstat@openssh.com', path],
      ['expand-path@openssh.com', `~${other.account}`],
    ] as [string, ...string[]][]) {
      await refused(name, REQUEST.extended, [name, ...fields], name.startsWith('lsetstat') ? size : undefined);
    }
  }
  expect(new Set(tried).size).toBe(22);

  // Whatever a path says, it is meant within the device's own folder.
  const real = await sftp.ask(REQUEST.realpath, ['/../pictures/../..']);
  expect(real.body.subarray(13, 13 + real.body.readUInt32BE(9)).toString()).toBe('/');
  // Its own it may add to, and do away with nothing of it by name.
  await refused('remove own', REQUEST.remove, ['/pictures/own.jpg']);
  await refused('rmdir own', REQUEST.rmdir, ['/pictures']);
  await refused('replace own', REQUEST.extended, ['posix-rename@openssh.com', '/pictures/own.jpg', '/pictures/o.jpg']);
  await refused('setstat own', REQUEST.setstat, ['/pictures/own.jpg'], size);
  await refused('symlink own', REQUEST.symlink, ['/etc', '/pictures/link']);
  await refused('hardlink own', REQUEST.extended, ['hardlink@openssh.com', '/pictures/own.jpg', '/pictures/o.jpg']);
  await refused('copy own', REQUEST.extended, ['copy-data', 'x']);
  await refused('beside its pictures', REQUEST.open, ['/x', FLAG.write | FLAG.create], NO_ATTRIBUTES);
  await refused('a folder beside its pictures', REQUEST.mkdir, ['/x'], NO_ATTRIBUTES);
  expect(
    await sftp.handle(REQUEST.open, ['/pictures/new.jpg', FLAG.write | FLAG.create | FLAG.exclusive], NO_ATTRIBUTES),
  ).toBeDefined();

  expect(readFileSync(secret, 'utf8')).toBe('secret');
  expect([statSync(secret).ctimeMs, readdirSync(theirs)]).toEqual([before.ctimeMs, ['secret.jpg']]);
});

test('what has been taken over a device can read and not change, and its deliveries go on', async () => {
  const device = await landing.device();
  const remote = delivery(landing, device);
  const picture = await upload(300_000, '20261124/a.jpg');
  await remote.store(picture);
  const sftp = await rawSftp(landing, device);
  const mayWrite = async () =>
    (await sftp.handle(REQUEST.open, ['/pictures/roof/20261124/a.jpg', FLAG.write], NO_ATTRIBUTES)) !== undefined;
  expect(await mayWrite()).toBe(true);
  writeFileSync(join(landing.at.pictures, device.account, 'pictures/roof/b.jpg.part'), 'unfinished');
  await run(landing.at.keepScript, [], { env: { ...process.env, VIGIE_KEEP_AFTER_MIN: '0' } });

  expect(await mayWrite()).toBe(false);
  for (const flags of [FLAG.write | FLAG.truncate, FLAG.write | FLAG.append, FLAG.read | FLAG.write]) {
    expect(await sftp.handle(REQUEST.open, ['/pictures/roof/20261124/a.jpg', flags], NO_ATTRIBUTES)).toBeUndefined();
  }
  const handle = await sftp.handle(REQUEST.open, ['/pictures/roof/20261124/a.jpg', FLAG.read], NO_ATTRIBUTES);
  const size = Buffer.concat([uint32(1), uint32(0), uint32(0)]);
  expect((await sftp.ask(REQUEST.fsetstat, [handle as Buffer], size)).status).not.toBe(0);

  expect(await remote.store(picture)).toMatchObject({ sent: false, level: 'digest' });
  expect(await remote.digest(picture.path)).toMatchObject({ sha256: picture.sha256 });
  expect(await remote.store(await upload(1000, '20261124/c.jpg'))).toMatchObject({ sent: true });
  const arrived = join(landing.at.pictures, device.account, 'pictures/roof/20261124/a.jpg');
  expect(readFileSync(arrived)).toEqual(readFileSync(picture.localPath));
});

test('a device has SFTP and nothing else: no shell, no command, no forwarding, no other account', async () => {
  const [one, other] = [await landing.device(), await landing.device()];
  const ssh = async (...args: string[]) => {
    const pending = run('ssh', args, { timeout: 10_000 });
    pending.child.stdin?.end();
    return pending.catch((error: { stdout: string; stderr: string }) => error);
  };
  for (const command of [['id'], ['-tt', 'sh']]) {
    const { stdout } = await ssh(...sshArguments(landing, one), ...command);
    expect(stdout).not.toMatch(/uid|\$/);
  }
  const forward = await ssh('-W', `127.0.0.1:${landing.port}`, ...sshArguments(landing, one));
  expect(forward.stdout).not.toContain('SSH-');
  expect(forward.stderr).toMatch(/administratively prohibited|forwarding failed/);
  for (const account of [other.account, 'root', 'nobody']) {
    const { stderr } = await ssh('-s', ...sshArguments(landing, { ...one, account }), 'sftp');
    expect([account, stderr]).toEqual([account, expect.stringContaining('Permission denied (publickey)')]);
  }
  // What a device sends as its key is a key and no more.
  for (const sshPublicKey of ['', 'x', `command="id" ${one.publicKey}`, `${one.publicKey}\n${other.publicKey}`]) {
    await expect(landing.door.admit({ device: one.device, sshPublicKey })).rejects.toMatchObject({ code: 'input' });
  }
});

test('a revoked device is out at once and stays out; a new key takes its place', async () => {
  const [one, other] = [await landing.device(), await landing.device()];
  const [live, bystander] = [await rawSftp(landing, one), await rawSftp(landing, other)];
  const remote = delivery(landing, one);
  await remote.store(await upload(1000, 'a.jpg'));

  const from = performance.now();
  await landing.door.shut(one.device);
  expect(await landing.door.isShut(one.device)).toBe(true);
  await until('the live session is ended', () => live.ended);
  expect(performance.now() - from).toBeLessThan(5_000);
  await expect(remote.store(await upload(1000, 'b.jpg'))).rejects.toMatchObject({
    code: expect.stringMatching(/connection-lost|authentication/),
  });
  await expect(remote.store(await upload(1000, 'b.jpg'))).rejects.toMatchObject({ code: 'authentication' });
  expect((await bystander.ask(REQUEST.stat, ['/pictures'])).status).toBe(0);
  await landing.door.shut(one.device);
  // What had arrived is kept.
  expect(existsSync(join(landing.at.pictures, one.account, 'pictures/roof/a.jpg'))).toBe(true);

  // New hardware at the same place: its key counts, the one before does not, and its live session ends.
  await landing.door.admit({ device: one.device, sshPublicKey: one.publicKey });
  const again = await rawSftp(landing, one);
  await landing.door.admit({ device: one.device, sshPublicKey: other.publicKey });
  await until('the session of the old key is ended', () => again.ended);
  await expect(rawSftp(landing, one)).rejects.toThrow(/Permission denied/);
  expect(
    (await (await rawSftp(landing, { ...other, account: one.account })).ask(REQUEST.stat, ['/pictures/roof'])).status,
  ).toBe(0);
});

test('what root has not done yet is not called shut, and root does nothing that is not foreseen', async () => {
  // The last test: root's part does not come back.
  const one = await landing.device();
  const before = readdirSync(landing.at.pictures).sort();
  // Not the hub's to ask for, whoever it is that asks: these are taken away and nothing is done.
  const strange = [
    'end.root',
    'account.root',
    'account.vigie-..',
    'account.vigie-A',
    `account.vigie-${'a'.repeat(40)}`,
    'end.',
    'x',
    'end.vigie-a b',
  ];
  for (const name of strange) writeFileSync(join(landing.at.requests, name), '');
  await until('they are gone', () => readdirSync(landing.at.requests).length === 0);
  expect(readdirSync(landing.at.pictures).sort()).toEqual(before);

  await landing.stopRootPart();
  const requests = createRequests({ folder: landing.at.requests, clock: systemClock, limitMs: 300 });
  const door = createLandingDoor({ keysFolder: landing.at.keys, requests });
  await expect(door.shut(one.device)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  expect(await door.isShut(one.device)).toBe(false);
  // No new session, all the same: the key is the hub's own to take.
  await expect(rawSftp(landing, one)).rejects.toThrow(/Permission denied/);
});
