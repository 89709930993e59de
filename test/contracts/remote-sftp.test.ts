import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { openSftp } from '@vigie/shared/remote/sftp';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Sshd, startSshd } from '../../scripts/sshd.ts';
import { hostKeyOf, type SftpDestination, sftpDestination, sharedSshd, upload } from '../support/remote.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { freePort, tempFolder, until } from '../support/temp.ts';

/** What only a destination behind a network can do wrong. */
let sshd: Sshd;
let sshdFolder: string;
beforeAll(async () => {
  const shared = await sharedSshd();
  sshd = shared.sshd;
  sshdFolder = shared.folder;
  return shared.stop;
});

async function opened(changes: Partial<SftpDestination> = {}, stallMs = 10_000) {
  const root = await tempFolder();
  const remote = openSftp(sftpDestination(sshd, root, changes), '.', { stallMs });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  return { remote, root };
}

async function proxied(stallMs = 10_000): Promise<{ remote: RemoteFolder; root: string; proxy: TcpProxy }> {
  const proxy = await startTcpProxy({ target: sshd });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return { ...(await opened({ port: proxy.port }, stallMs)), proxy };
}

const errorFrom = async (work: Promise<unknown>) =>
  await work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error as VigieError,
  );
const listed = async (remote: RemoteFolder) => {
  const all: Entry[] = [];
  for await (const entry of remote.list()) all.push(entry);
  return all;
};

describe('the host key', () => {
  const otherKey = async () => {
    const file = join(await tempFolder(), 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return readFileSync(`${file}.pub`, 'utf8').trim();
  };
  const knownHosts = async (text: string) => {
    const file = join(await tempFolder(), 'known_hosts');
    writeFileSync(file, text);
    return file;
  };

  test('that is another, unknown or revoked is refused before anything is sent', async () => {
    const where = `[${sshd.host}]:${sshd.port}`;
    const right = hostKeyOf(sshd);
    const files = {
      'has another one': `${where} ${await otherKey()}\n`,
      'has no key of this server': `example.org ${right}\n`,
      'marks as revoked': `@revoked ${where} ${right}\n${where} ${right}\n`,
    };
    for (const [words, text] of Object.entries(files)) {
      const { remote, root } = await opened({ knownHosts: await knownHosts(text) });
      const error = await errorFrom(remote.store(await upload('a.jpg', 10)));
      expect(error).toBeInstanceOf(VigieError);
      expect(error).toMatchObject({ code: 'host-key', retryable: false, hint: expect.any(String) });
      expect(error.message).toContain(words);
      expect(error.message).toContain(
        execFileSync('ssh-keygen', ['-lf', `${sshdFolder}/host_ed25519`])
          .toString()
          .split(' ')[1],
      );
      expect(readdirSync(root)).toEqual([]);
    }
    const { remote } = await opened({ knownHosts: '/nonexistent/known_hosts' });
    expect((await errorFrom(remote.probe())).code).toBe('host-key');
  });

  test('is found among several, under a hashed name', async () => {
    const where = `[${sshd.host}]:${sshd.port}`;
    const file = await knownHosts(`${where} ${await otherKey()}\n# comment\n\n${where} ${hostKeyOf(sshd)}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).not.toContain(sshd.host);
    const { remote } = await opened({ knownHosts: file });
    await remote.probe();
  });
});

describe('the login', () => {
  test('with a key that the server does not know, or that is none, says so', async () => {
    const file = join(await tempFolder(), 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    for (const identityFile of [file, `${file}.pub`, '/nonexistent/key']) {
      const { remote } = await opened({ identityFile });
      expect(await errorFrom(remote.probe())).toMatchObject({ code: 'authentication', hint: expect.any(String) });
    }
  });

  test('with a password that the server does not take says so, and never shows it', async () => {
    const passwordFile = join(await tempFolder(), 'password');
    writeFileSync(passwordFile, 'correct horse\n');
    const { identityFile: _, ...config } = sftpDestination(sshd, await tempFolder(), { passwordFile });
    await using remote = openSftp(config, '.', { stallMs: 10_000 });
    const error = await errorFrom(remote.probe());
    expect(error.code).toBe('authentication');
    expect(JSON.stringify([error.message, error.hint])).not.toContain('horse');
  });
});

describe('the connection', () => {
  test('to a port where nothing listens is refused, and to a silent one stalls', async () => {
    const { remote } = await opened({ port: await freePort() });
    expect(await errorFrom(remote.probe())).toMatchObject({ code: 'refused', retryable: true });
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const { remote: stuck } = await opened({ port }, 300);
    expect(await errorFrom(stuck.probe())).toMatchObject({ code: 'stalled', retryable: true });
  });

  test('is kept, up to the limit of connections, and ends with the destination', async () => {
    const { remote, proxy } = await proxied();
    const files = await Promise.all(Array.from({ length: 12 }, (_, n) => upload(`${n}.jpg`, 200_000)));
    await Promise.all(files.map((file) => remote.store(file)));
    await listed(remote);
    await remote.probe();
    expect(proxy.accepted).toBe(2);
    expect(proxy.connections).toBe(2);
    await remote[Symbol.asyncDispose]();
    await until('no connection stands', () => proxy.connections === 0);
    expect((await errorFrom(remote.probe())).code).toBe('closed');
  });

  test('that was lost is made anew by the next call', async () => {
    const { remote, root, proxy } = await proxied();
    await remote.store(await upload('a.jpg', 10));
    proxy.cut();
    await until('the loss is noticed', () => proxy.connections === 0);
    await remote.store(await upload('b.jpg', 10));
    await sshd.stop();
    expect(['refused', 'connection-lost']).toContain((await errorFrom(remote.probe())).code);
    await sshd.start();
    await remote.store(await upload('c.jpg', 10));
    expect(readdirSync(root).sort()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  });

  test('that stands still ends as stalled, in any call, and the next call goes through', async () => {
    const { remote, proxy } = await proxied(500);
    await remote.store(await upload('a.jpg', 10));
    const calls = {
      store: async () => await remote.store(await upload('b.jpg', 5_000_000)),
      list: () => listed(remote),
      read: () => remote.read('a.jpg', 10),
      days: () => remote.days(),
    };
    for (const call of Object.values(calls)) {
      proxy.blackhole(true);
      const started = performance.now();
      expect(await errorFrom(call())).toMatchObject({ code: 'stalled', retryable: true });
      expect(performance.now() - started).toBeLessThan(5000);
      proxy.blackhole(false);
      await call();
    }
  });

  test('that is slow but alive does not stall', async () => {
    const { remote, proxy } = await proxied(1500);
    await remote.probe();
    proxy.delay(100);
    const file = await upload('a.jpg', 1_500_000);
    expect(await remote.store(file)).toMatchObject({ sent: true });
  });

  test('does not hold up an abort while it stands still', async () => {
    const { remote, proxy } = await proxied(60_000);
    await remote.probe();
    proxy.blackhole(true);
    const reason = new Error('enough');
    const started = performance.now();
    await expect(remote.store(await upload('a.jpg', 10), AbortSignal.abort(reason))).rejects.toBe(reason);
    const soon = new AbortController();
    const work = remote.store(await upload('a.jpg', 5_000_000), soon.signal);
    soon.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('cut anywhere, a store shows no torn name, and goes on where it was', async () => {
  const { remote, root, proxy } = await proxied();
  const file = await upload('20260101/a.jpg', 8_000_000);
  const final = join(root, file.path);
  // What a store sends besides the picture: the login, and the requests around the writes.
  const cuts = [1500, 3000, 300_000, 1_000_000, 5_000_000];
  for (const bytes of cuts) {
    proxy.limitBytes(bytes);
    expect(await errorFrom(remote.store(file))).toMatchObject({ code: 'connection-lost', retryable: true });
    expect(existsSync(final)).toBe(false);
  }
  // What was on its way at a cut is lost: at most the 2 MiB that may be unacknowledged.
  const before = proxy.upBytes;
  await until('the server has let go', () => proxy.connections === 0);
  const [part] = readdirSync(join(root, '20260101')) as [string];
  const there = statSync(join(root, '20260101', part)).size;
  expect(there).toBeGreaterThan(2_000_000);
  expect(await remote.store(file)).toMatchObject({ sent: true });
  expect(proxy.upBytes - before).toBeLessThan(file.size - there + 200_000);
  expect(readFileSync(final).equals(file.bytes)).toBe(true);
  expect(readdirSync(join(root, '20260101'))).toEqual(['a.jpg']);
});

test('cut at each place of its end, a store is either there whole or not there', async () => {
  const { remote, root, proxy } = await proxied();
  await remote.probe();
  const sizes = { login: proxy.upBytes, store: 0 };
  await remote.store(await upload('first.jpg', 1000));
  sizes.store = proxy.upBytes - sizes.login;
  for (let bytes = 100; bytes < sizes.store + 100; bytes += 60) {
    const file = await upload(`${bytes}.jpg`, 1000);
    await remote.probe();
    proxy.limitBytes(bytes);
    const outcome = await remote.store(file).then(
      () => 'stored',
      (error: unknown) => codeOf(error),
    );
    proxy.limitBytes(undefined);
    expect(['stored', 'connection-lost']).toContain(outcome);
    if (existsSync(join(root, file.path))) expect(readFileSync(join(root, file.path)).equals(file.bytes)).toBe(true);
    else expect(outcome).toBe('connection-lost');
    await remote.store(file);
    expect(readFileSync(join(root, file.path)).equals(file.bytes)).toBe(true);
  }
  expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a name that is not UTF-8 is flagged in a listing and refused in a store', async () => {
  const { remote, root } = await opened();
  mkdirSync(join(root, 'day'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/day/`), Buffer.from([0x61, 0xff, 0x2e])]), '123');
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x62, 0xfe])]));
  writeFileSync(join(root, 'day/good.jpg'), '1');
  const all = await listed(remote);
  expect(all.filter(({ unreadable }) => unreadable === undefined).map(({ path }) => path)).toEqual(['day/good.jpg']);
  expect(all.filter(({ unreadable }) => unreadable !== undefined).map(({ path }) => path)).toEqual([
    'b\ufffd',
    'day/a\ufffd.',
  ]);
  const file = await upload('a.jpg', 10);
  expect((await errorFrom(remote.store({ ...file, path: 'a\u{10ffff}.jpg' }))).code).toBe('path');
});

test('the server flushes the part before the name, and the name after it', async () => {
  const { remote, root } = await opened();
  const trace = join(await tempFolder(), 'trace');
  const calls = 'trace=fsync,link,linkat,rename,renameat,renameat2';
  const strace = spawn('strace', ['-f', '-y', '-s', '4096', '-e', calls, '-o', trace, '-p', String(sshd.pid)]);
  onTestFinished(() => void strace.kill());
  await until('strace has attached', async () => {
    const tracer = /TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${sshd.pid}/status`, 'utf8'))?.[1];
    return tracer !== '0';
  });
  const file = await upload('20260101/a.jpg', 100_000);
  await remote.store(file);
  writeFileSync(join(root, file.path), 'other');
  await remote.store({ ...file, replace: true });
  await remote[Symbol.asyncDispose]();
  const ended = once(strace, 'exit');
  strace.kill('SIGINT');
  await ended;

  const part = join(root, `${file.path}.${file.sha256.slice(0, 16)}.part`);
  const final = join(root, file.path);
  const steps = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes(root) && line.endsWith(' = 0'))
    .map((line) => {
      const call = /^\d+\s+([a-z0-9]+)\(/.exec(line)?.[1];
      return `${call?.replace(/at2?$/, '')} ${line.includes(part) ? 'part' : line.includes(final) ? 'final' : line}`;
    });
  // The second flush goes by the handle that has written the bytes: after a link the kernel shows it by its first name still.
  expect(steps).toEqual(['fsync part', 'link part', 'fsync part', 'fsync part', 'rename part', 'fsync final']);
});

test('many files of all sizes at once arrive byte for byte, also across a change of keys', async () => {
  const folder = await tempFolder();
  await using own = await startSshd({ folder });
  await own.stop();
  // The server asks for new keys again and again.
  writeFileSync(join(folder, 'sshd_config'), `RekeyLimit 1M\n${readFileSync(join(folder, 'sshd_config'), 'utf8')}`);
  await own.start();
  const root = await tempFolder();
  await using remote = openSftp(sftpDestination(own, root), '.', { stallMs: 10_000 });
  const sizes = [
    0, 1, 15, 16, 17, 4095, 32_709, 32_739, 32_740, 65_507, 65_508, 524_288, 524_289, 3_000_000, 7_000_003,
  ];
  const files = await Promise.all(sizes.map((size) => upload(`${size}.bin`, size)));
  await Promise.all(files.map((file) => remote.store(file)));
  for (const file of files) {
    expect(readFileSync(join(root, file.path)).equals(file.bytes), file.path).toBe(true);
    expect((await remote.read(file.path, file.size)).equals(file.bytes), file.path).toBe(true);
  }
});
