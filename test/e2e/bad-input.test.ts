import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { drop, picture, pictureName } from '../support/pictures.ts';
import { DEVICE, filesBelow, type Site, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';

const source = {
  name: 'garden',
  camera: { type: 'test-picture', width: 160, height: 120 },
  watchedFolder: { interval: '100ms', waitTime: '0ms', batchSize: 50 },
  destinations: ['archive'],
};
const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const right: Side = { type: 'destination', destination: 'archive', ...DEVICE, source: 'garden' };

const archiveOf = async (site: Site) => (await site.api.get('/devices'))[0]?.state?.sources[0]?.destinations[0];

test('hostile names, empty, torn and odd files: each ends in a clear place, and every sound picture arrives', {
  timeout: 120_000,
}, async () => {
  const site = await startSite({ sources: [source] });
  await site.takesFiles('garden');
  const watched = site.watched('garden');
  const sound = [
    '<img src=x onerror=alert(1)>.jpg',
    'name with spaces.jpg',
    'forêt à côté.jpg',
    'x..jpg..jpg',
    '$(touch pwned).jpg',
    `${'x'.repeat(251)}.jpg`,
    '=1+1.jpg',
  ];
  const refused = ['line\nfeed.jpg', nameOf(Buffer.from([0x62, 0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67]))];
  const digests = new Map<string, string>();
  for (const [i, name] of [...sound, ...refused].entries()) {
    const bytes = await picture(`hostile ${i}`);
    await writeFile(bytesOf(join(watched, 'input', name)), bytes);
    digests.set(name, bytes.toString('hex'));
  }
  const whole = await picture('torn');
  await writeFile(join(watched, 'input/torn.jpg'), whole.subarray(0, whole.length >> 1));
  await writeFile(join(watched, 'input/empty.jpg'), '');
  spawnSync('mkfifo', [join(watched, 'input/pipe.jpg')]);
  await symlink('/etc/passwd', join(watched, 'input/link.jpg'));

  await until(
    'every sound picture has arrived, and nothing else',
    async () => {
      const arrived = [...(await filesBelow(site.landing('garden'))).keys()].map((path) =>
        path.slice(path.lastIndexOf('/') + 1),
      );
      return JSON.stringify(arrived.sort()) === JSON.stringify([...sound].sort());
    },
    60_000,
  );

  // Torn, empty and refused ones are kept with their bytes, and failure.log says why.
  const inFailure = async (isLog: boolean) =>
    Promise.all(
      [...(await filesBelow(join(watched, 'failure'))).keys()]
        .filter((path) => path.endsWith('failure.log') === isLog)
        .map((path) => readFile(join(watched, 'failure', path))),
    );
  const log = await until('failure.log names the torn and the empty one', async () => {
    const text = Buffer.concat(await inFailure(true)).toString('utf8');
    return /torn\.jpg/.test(text) && /empty\.jpg/.test(text) ? text : undefined;
  });
  expect(log).not.toContain('line\nfeed');
  const kept = (await inFailure(false)).map((bytes) => bytes.toString('hex'));
  for (const name of refused) expect(kept, JSON.stringify(name)).toContain(digests.get(name));

  // The report counts the torn and the empty one as unreadable: they are neither missing nor in sync.
  const report = await until('the report counts them', async () => {
    const made = await site.api.report(left, right);
    return made.unreadable.count >= 2 ? made : undefined;
  });
  expect(report).toMatchObject({ state: 'completed', matched: { count: sound.length }, missing: { count: 0 } });
  const { entries } = await site.api.get(`/reports/${report.id}/unmatched?class=unreadable&limit=50`);
  expect(entries.map((e: { path: string }) => e.path).join()).toMatch(/torn\.jpg/);

  // A link and a pipe are not opened; the agent works on and has told of them.
  expect(site.agent.running).toBe(true);
  await until('both are told of', async () => {
    const told = (await site.api.get('/activity?limit=100')).map((a: { message: string }) => a.message).join('\n');
    return /pipe\.jpg/.test(told) && /link\.jpg/.test(told);
  });
});

test('oversized, deeply nested and forged messages: the hub and the agent work on, and the forger is shown the door', {
  timeout: 120_000,
}, async () => {
  const site = await startSite({ sources: [{ ...source, every: '1s' }] });
  await until('pictures arrive', async () => (await filesBelow(site.landing('garden'))).size >= 1);
  const { url } = (await site.hub.printed(/^broker: (?<url>\S+)/m)).groups as { url: string };
  const account = spawnSync(
    process.execPath,
    [
      join(import.meta.dirname, '../../hub/src/main.ts'),
      'device',
      'add',
      'cam-2',
      '--config',
      join(site.folder, 'hub.yaml'),
    ],
    { encoding: 'utf8' },
  );
  const forger = await connectAsync(url, {
    clientId: 'cam-2',
    username: 'cam-2',
    password: account.stdout.trim(),
    protocolVersion: 4,
    reconnectPeriod: 0,
  });
  onTestFinished(() => forger.endAsync(true).then(() => undefined));

  const root = `vigie/v1/${DEVICE.site}/cam-2`;
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const pollution = '{"__proto__":{"state":"ready"},"state":"ready"}';
  for (const payload of [deep, pollution, 'not json', '', '{}'])
    await forger.publishAsync(`${root}/status`, payload, { qos: 1 });

  // It speaks for another device: the broker closes the door.
  const closed = new Promise<void>((resolve) => forger.once('close', () => resolve()));
  forger.publish(`vigie/v1/${DEVICE.site}/${DEVICE.device}/status`, '{"state":"lost"}', { qos: 1 });
  await closed;
  await until('the hub has said who it was', async () => /cam-2/.test(await site.hub.output()));

  // Too large a packet ends the connection that sends it.
  const shouter = await connectAsync(url, {
    clientId: 'cam-2',
    username: 'cam-2',
    password: account.stdout.trim(),
    protocolVersion: 4,
    reconnectPeriod: 0,
  });
  onTestFinished(() => shouter.endAsync(true).then(() => undefined));
  const thrownOut = new Promise<void>((resolve) => shouter.once('close', () => resolve()));
  shouter.publish(`${root}/state`, Buffer.alloc(1_000_000, 0x20), { qos: 1 });
  await thrownOut;

  const [device, ...others] = await site.api.get('/devices');
  expect(device).toMatchObject({ ...DEVICE, presence: 'online' });
  expect(others).toEqual([]);
  const before = (await filesBelow(site.landing('garden'))).size;
  await until('pictures go on arriving', async () => (await filesBelow(site.landing('garden'))).size > before + 1);
});

test('a wrong host key and a wrong identity stop a destination with a clear reason; mended, everything arrives', {
  timeout: 120_000,
}, async () => {
  const site = await startSite({ sources: [source], agentRuns: false });
  const wrongKey = join(site.folder, 'wrong-key');
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', wrongKey]);
  const otherHost = join(site.folder, 'other-hosts');
  const publicKey = (await readFile(`${wrongKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(otherHost, `[${site.sshd.host}]:${site.sshd.port} ${publicKey}\n`);
  const archive = (change: Record<string, unknown>) =>
    site.configureAgent((config) => {
      Object.assign(config.destinations[0] as object, change);
    });

  await archive({ knownHosts: otherHost });
  site.startAgent();
  await site.takesFiles('garden');
  for (let n = 0; n < 3; n++) await drop(site.watched('garden'), pictureName(n), await picture(`key ${n}`));
  const stopped = await until('the destination is stopped', async () => {
    const state = await archiveOf(site);
    return state?.error ? state : undefined;
  });
  expect(stopped).toMatchObject({ state: 'stopped', error: { code: 'host-key' } });
  expect(await filesBelow(site.landing('garden'))).toEqual(new Map());
  await site.agent.stop();

  await archive({ knownHosts: site.sshd.knownHosts, identityFile: wrongKey });
  site.startAgent();
  const refused = await until('the destination refuses', async () => {
    const state = await archiveOf(site);
    return state?.error?.code === 'authentication' ? state : undefined;
  });
  expect(refused.error.hint).toBeTruthy();
  await site.agent.stop();

  await archive({ identityFile: site.sshd.identityFile });
  site.startAgent();
  await until('everything has arrived', async () => (await filesBelow(site.landing('garden'))).size === 3);
});

test('a full disk at either end: a clear error, nothing torn, and everything arrives once there is room', {
  timeout: 180_000,
}, async () => {
  const site = await startSite({ sources: [source], agentRuns: false });
  const disk = (path: string, size: string) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { encoding: 'utf8' });
    if (mount.status !== 0) throw new Error(`mount a small disk (this test needs root): ${mount.stderr}`);
    onTestFinished(() => void spawnSync('umount', ['-l', path]));
  };
  const usb = join(site.folder, 'usb');
  const card = join(site.folder, 'card');
  await mkdir(usb);
  await mkdir(card);
  disk(usb, '256k');
  disk(card, '700k');
  const big = async (n: number) => Buffer.concat([await picture(`disk ${n}`), Buffer.alloc(60_000, n)]);

  await site.configureAgent((config) => {
    config.destinations = [{ name: 'archive', type: 'directory', root: usb }];
    (config.sources[0] as { watchedFolder: object }).watchedFolder = {
      ...source.watchedFolder,
      path: card,
      preserve: null,
    };
  });
  site.startAgent();
  await until('the watched folder is there', () => existsSync(join(card, 'input')));
  for (let n = 0; n < 6; n++) await drop(card, pictureName(n), await big(n));
  const full = await until('the destination is full', async () => {
    const state = await archiveOf(site);
    return state?.error ? state : undefined;
  });
  expect(full).toMatchObject({ error: { code: 'destination-full' } });
  const here = await filesBelow(join(card, 'result'));
  for (const [path, digest] of await filesBelow(join(usb, DEVICE.device, 'garden'))) {
    if (!path.endsWith('.part')) expect(here.get(path)).toBe(digest);
  }

  // The device's own disk fills up: pictures wait in input and stage, and are not lost.
  const filler = join(card, 'filler');
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
  await site.api.post(`/devices/${DEVICE.site}/${DEVICE.device}/commands`, {
    name: 'capture',
    args: { source: 'garden' },
  });
  await until('the hub knows that a capture failed', async () => {
    const [device] = await site.api.get('/devices');
    return device.state.sources[0].lastFailure?.message;
  });
  expect(site.agent.running).toBe(true);

  spawnSync('rm', [filler]);
  spawnSync('mount', ['-o', 'remount,size=8m', usb]);
  await until(
    'everything has arrived',
    async () => {
      const [from, to] = await Promise.all([
        filesBelow(join(card, 'result')),
        filesBelow(join(usb, DEVICE.device, 'garden')),
      ]);
      return from.size >= 6 && [...from].every(([path, digest]) => to.get(path) === digest);
    },
    60_000,
  );
});
