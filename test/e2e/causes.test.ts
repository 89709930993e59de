import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { type Sshd, startSshd } from '../../scripts/sshd.ts';
import { startWithoutPrivilege } from '../hub/check/sshd-without-privilege.ts';
import { drop, picture, pictureName } from '../support/pictures.ts';
import { archiveAt } from '../support/remote.ts';
import { DEVICE, filesBelow, type Site, startSite } from '../support/site.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder, until } from '../support/temp.ts';

const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const at = (destination: string): Side => ({ type: 'destination', destination, ...DEVICE, source: 'garden' });
const pathOf = (name: string) => `${name.slice(0, 8)}/${name}`;

/** What happens to each picture; `purged` is so large that the card asks for its room. */
const PURGED = '20200101080000.jpg';
const [DELETED, TRUNCATED, FLIPPED, TAKEN, LINKED, ALTERED, TORN, NEW] = Array.from({ length: 8 }, (_, n) =>
  pictureName(n),
) as [string, string, string, string, string, string, string, string];
const ARRIVED = [PURGED, DELETED, TRUNCATED, FLIPPED, LINKED, ALTERED];

/** What a report says of the assets that are not matched: class, action and cause, by path. */
async function told({ api }: Site, id: string): Promise<Map<string, [string, string, string]>> {
  const { entries } = await api.get(`/reports/${id}/unmatched?limit=100`);
  return new Map(
    entries.map((e: Record<'path' | 'class' | 'action' | 'cause', string>) => [e.path, [e.class, e.action, e.cause]]),
  );
}

const says = (words: RegExp) => expect.stringMatching(words);

async function reportOf(site: Site, destination: string, proof: 'size' | 'digest' = 'size') {
  const { id } = await site.api.post('/reports', { left, right: at(destination), proof });
  const report = await site.api.ended(id);
  expect(report).toMatchObject({ state: 'completed', error: null, asOf: null, proof });
  return { report, unmatched: await told(site, id) };
}

/** Presses Re-run & Sync; returns the job and the report that has followed it. */
async function fixAll(site: Site, id: string) {
  const rerun = await site.api.post(`/reports/${id}/rerun`, { sync: true });
  const job = await until('the re-sync has ended', async () => {
    const [found] = (await site.api.get(`/reports/${rerun.id}`)).jobs;
    return found?.completedAt ? found : undefined;
  });
  const report = await until('a report follows the re-sync', async () => {
    const { reports } = await site.api.get('/reports');
    const [newest] = reports as { id: string; trigger: string; state: string; right: Side; mendable: object }[];
    const isIt = newest?.trigger === 'resync' && newest.state === 'completed' && newest.right.type === 'destination';
    return isIt ? newest : undefined;
  });
  return { job, report, unmatched: await told(site, report.id) };
}

test('causes that were seeded are all named with what mends them; fix all leaves the rest, and says so', {
  timeout: 180_000,
}, async () => {
  const card = join(await tempFolder(), 'card');
  smallDisk(card, 'size=6m');
  const mark = (percent: number, bytes: string) => ({ percent, bytes, inodes: 50 });
  const site = await startSite({
    // A re-sync by itself would mend what this test wants to see named.
    hub: { resync: { policy: 'never' } },
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture' },
        watchedFolder: {
          path: card,
          interval: '100ms',
          waitTime: '0ms',
          batchSize: 50,
          concurrency: 2,
          preserve: null,
        },
        destinations: ['archive'],
      },
    ],
    agent: {
      delivery: { retryFrom: '200ms', retryUpTo: '1s', stall: '5s', proof: 'digest' },
      disk: {
        lookEvery: '200ms',
        clean: mark(70, '4MB'),
        stopProcessing: mark(5, '1MB'),
        skipCaptures: mark(2, '1MB'),
        marginPercent: 1,
        proof: { at: ['archive'] },
      },
    },
  });
  const landing = site.landing('garden');
  await until('the watched folder takes files', () => existsSync(join(card, 'input')));
  await mkdir(join(landing, TAKEN.slice(0, 8)), { recursive: true });
  await writeFile(join(landing, pathOf(TAKEN)), 'somebody else was here first');
  await drop(card, PURGED, await bigPicture());
  const isFiled = async () => (await filesBelow(join(card, 'result'))).has(pathOf(PURGED));
  await until('the oldest has arrived', async () => (await filesBelow(landing)).has(pathOf(PURGED)));
  await until('the oldest has made room', async () => !(await isFiled()));
  for (const name of [DELETED, TRUNCATED, FLIPPED, TAKEN, LINKED, ALTERED]) await drop(card, name, await picture(name));
  await drop(card, TORN, (await picture(TORN)).subarray(0, 300));
  await until('all has arrived but two', async () => {
    const there = await filesBelow(landing);
    const failed = (await site.api.get('/activity')).some(({ type }: { type: string }) => type === 'delivery-failed');
    return failed && ARRIVED.every((name) => there.has(pathOf(name)));
  });
  const torn = await until('the torn one has ended in failure', async () =>
    [...(await filesBelow(join(card, 'failure'))).keys()].find((path) => path.endsWith(TORN)),
  );

  const locked = await addDestinations(site);
  await harm(landing, join(card, 'result'));
  await drop(card, NEW, await picture(NEW));
  await until('the newest picture is where it can be', async () => (await filesBelow(landing)).has(pathOf(NEW)));
  await until('the two bad destinations have been tried', async () => {
    const { destinations } = (await site.api.get('/devices'))[0].state.sources[0];
    const codes = destinations.map((d: { error: { code: string } | null }) => d.error?.code);
    return codes.includes('permission') && codes.includes('host-key');
  });

  // Where names and sizes are compared, the flipped byte cannot be seen; where bytes are read back, it is.
  const bySize = await reportOf(site, 'archive');
  expect(bySize.unmatched.has(pathOf(FLIPPED))).toBe(false);
  const archive = await reportOf(site, 'archive', 'digest');
  const gone = /^it was verified there on .+ and has gone or changed since$/;
  const unreadableThere = /^unreadable at the destination: a symbolic link/;
  const tornHere = ['unreadable', 'look-at-source', says(/^unreadable at the source: /)];
  expect(archive.unmatched).toEqual(
    new Map([
      [pathOf(DELETED), ['missing', 'resync', says(gone)]],
      [pathOf(TRUNCATED), ['differing', 'resync-replace', says(/^size differs: .+; it was verified there on /)]],
      [
        pathOf(FLIPPED),
        ['corrupt', 'resync-replace', says(/^same size, but the digest .+; it was verified there on /)],
      ],
      [
        pathOf(TAKEN),
        ['differing', 'resync-replace', says(/it cannot be delivered: .+ has other content, of 28 bytes/)],
      ],
      [pathOf(LINKED), ['unreadable', 'look-at-destination', says(unreadableThere)]],
      [pathOf(ALTERED), ['missing', 'resync', says(gone)]],
      [`failure/${torn}`, tornHere],
      ['20990101/notes.txt', ['extra', 'none-needed', 'not at the source']],
    ]),
  );
  expect(archive.report).toMatchObject({ mendable: { count: 5 }, matchedByDigest: 2 });
  const { total, left: rest } = await site.api.get(`/reports/${archive.report.id}/estimate`);
  expect(total.count).toBe(5);
  expect(rest.map(({ action, count }: { action: string; count: number }) => `${count} ${action}`).sort()).toEqual([
    '1 look-at-destination',
    '1 look-at-source',
    '1 none-needed',
  ]);

  const second = await reportOf(site, 'second');
  const neverOrdered = ['missing', 'resync', says(/^it was never ordered for this destination/)];
  const purged = says(/^its file was removed from the source on .+, after it had been proved at archive$/);
  const heldNames = [DELETED, TRUNCATED, FLIPPED, TAKEN, LINKED, ALTERED];
  expect(second.unmatched).toEqual(
    new Map<string, unknown>([
      [pathOf(PURGED), ['missing', 'copy-from-elsewhere', purged]],
      ...heldNames.map((name) => [pathOf(name), neverOrdered] as const),
      [`failure/${torn}`, tornHere],
    ]),
  );
  const waiting = await reportOf(site, 'locked');
  const refused = ['missing', 'mend-destination', says(/^queued; the destination: .+Permission denied/)];
  expect(waiting.unmatched.get(pathOf(NEW))).toEqual(refused);
  const stranger = await reportOf(site, 'stranger');
  const unknownKey = ['missing', 'mend-destination', says(/^queued; the destination: .+host key/i)];
  expect(stranger.unmatched.get(pathOf(NEW))).toEqual(unknownKey);

  // An order that is cancelled, and one that is paused.
  const ordered = async () => {
    const { id } = await site.api.post(`/reports/${waiting.report.id}/rerun`, { sync: true });
    return until('the device has begun', async () => {
      const [job] = (await site.api.get(`/reports/${id}`)).jobs;
      return job?.state === 'RUNNING' && job;
    });
  };
  const becomes = (id: string, state: string) =>
    until(`the job is ${state}`, async () => (await site.api.get(`/jobs/${id}`)).state === state);
  const cancelled = await ordered();
  await site.api.post(`/jobs/${cancelled.id}/cancel`);
  await becomes(cancelled.id, 'CANCELLED');
  const withdrawn = await reportOf(site, 'locked');
  expect(withdrawn.unmatched.get(pathOf(DELETED))).toEqual(['missing', 'resync', says(/^re-sync cancelled by admin@/)]);
  const paused = await ordered();
  await site.api.post(`/jobs/${paused.id}/pause`);
  await becomes(paused.id, 'PAUSED');
  const resting = await reportOf(site, 'locked');
  expect(resting.unmatched.get(pathOf(DELETED))).toEqual(['missing', 'resume', 'its re-sync is paused']);
  expect(resting.report.mendable.count).toBe(0);

  // Fix all: what can be sent is sent. The one whose bytes here are not the captured ones is refused, and named so from then on.
  const fixed = await fixAll(site, archive.report.id);
  expect(fixed.job).toMatchObject({ state: 'FAILED', total: { count: 5 }, done: { count: 4 }, failed: 1 });
  expect(fixed.report).toMatchObject({ proof: 'digest', mendable: { count: 0 }, matched: { count: 6 } });
  const refusedHere = ['missing', 'look-at-source', says(/^it cannot be delivered: .+its bytes have the digest/)];
  expect(fixed.unmatched).toEqual(
    new Map<string, unknown>([
      [pathOf(LINKED), archive.unmatched.get(pathOf(LINKED))],
      [pathOf(ALTERED), refusedHere],
      [`failure/${torn}`, tornHere],
      ['20990101/notes.txt', archive.unmatched.get('20990101/notes.txt')],
    ]),
  );
  const activity = (await site.api.get('/activity')).map(({ message }: { message: string }) => message);
  expect(activity).toContainEqual(
    says(/^re-sync of 5 assets of garden to archive ordered by .+; 3 that it does not mend are left$/),
  );
  const other = await fixAll(site, second.report.id);
  expect(other.job).toMatchObject({ total: { count: 6 }, done: { count: 5 }, failed: 1 });
  expect([...other.unmatched.keys()].sort()).toEqual([pathOf(PURGED), pathOf(ALTERED), `failure/${torn}`].sort());

  // The destination is mended as its action says: what waited goes by itself, what was paused once it is resumed.
  await chmod(locked, 0o755);
  const arrivedThere = () => filesBelow(join(locked, DEVICE.device, 'garden'));
  await until('the queued picture is there', async () => (await arrivedThere()).has(pathOf(NEW)));
  expect((await arrivedThere()).size).toBe(1);
  await site.api.post(`/jobs/${paused.id}/resume`);
  await until('what was paused is there', async () => (await arrivedThere()).size === 6);
});

/** Three more places: an empty one, one that may be read alone, and one whose host key the device does not know. */
async function addDestinations(site: Site): Promise<string> {
  const [second, locked, strange] = ['second', 'locked', 'strange'].map((name) => join(site.folder, name)) as [
    string,
    string,
    string,
  ];
  for (const root of [second, strange]) await mkdir(root);
  await mkdir(locked, { mode: 0o555 });
  const strict = await serverWithoutPrivilege(join(site.folder, 'sshd-locked'));
  const other = join(site.folder, 'other-hosts');
  const key = (await readFile(`${strict.identityFile}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(other, `[${site.sshd.host}]:${site.sshd.port} ${key}\n`);
  const named = (name: string, server: Sshd, root: string) => ({ ...archiveAt(server, root), name });
  const add = (knownHosts: string) => (config: Record<string, unknown>) => {
    const [archive] = config.destinations as object[];
    const stranger = { ...named('stranger', site.sshd, strange), knownHosts };
    config.destinations = [archive, named('second', site.sshd, second), named('locked', strict, locked), stranger];
  };
  await Promise.all([site.hub.stop(), site.agent.stop()]);
  await site.configureHub(add(site.sshd.knownHosts));
  await site.configureAgent((config) => {
    add(other)(config);
    for (const source of config.sources) source.destinations = ['archive', 'second', 'locked', 'stranger'];
  });
  await site.startHub();
  site.startAgent();
  await until('the device is back with all destinations', async () => {
    const [device] = await site.api.get('/devices');
    return device?.presence === 'online' && device.state.sources[0].destinations.length === 4;
  });
  return locked;
}

async function serverWithoutPrivilege(folder: string): Promise<Sshd> {
  const sshd = await startSshd({ folder });
  await sshd.stop();
  onTestFinished(await startWithoutPrivilege(sshd, join(folder, 'sshd_config')));
  return sshd;
}

/** What somebody does to the destination, and to one file at the source, behind Vigie's back. */
async function harm(landing: string, result: string): Promise<void> {
  for (const name of [DELETED, LINKED, ALTERED]) await rm(join(landing, pathOf(name)));
  await truncate(join(landing, pathOf(TRUNCATED)), 100);
  await flip(join(landing, pathOf(FLIPPED)));
  await symlink('elsewhere.jpg', join(landing, pathOf(LINKED)));
  await flip(join(result, pathOf(ALTERED)));
  await mkdir(join(landing, '20990101'));
  await writeFile(join(landing, '20990101/notes.txt'), 'not ours');
}

async function flip(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, 200);
  await handle.write(Buffer.from([(buffer[0] as number) ^ 1]), 0, 1, 200);
}

/** About 3 MB that do not get smaller. */
async function bigPicture(): Promise<Buffer> {
  const [width, height] = [1700, 1300];
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
}
