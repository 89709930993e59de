import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder, until } from '../support/temp.ts';

const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const right: Side = { type: 'destination', destination: 'archive', ...DEVICE, source: 'garden' };
const mark = (percent: number) => ({ percent, bytes: '20MB', inodes: 100 });

test('a disk fills up while the destination is down: nothing is deleted, captures are skipped, and it mends itself', {
  timeout: 180_000,
}, async () => {
  const card = join(await tempFolder(), 'card');
  smallDisk(card, 'size=6m');
  const site = await startSite({
    agentRuns: false,
    sources: [
      {
        name: 'garden',
        every: '1s',
        camera: { type: 'test-picture', width: 320, height: 240, bytes: 900_000 },
        watchedFolder: { path: card, interval: '100ms' },
        destinations: ['archive'],
      },
    ],
    agent: {
      stateEvery: '500ms',
      disk: {
        lookEvery: '200ms',
        clean: mark(50),
        stopProcessing: mark(40),
        skipCaptures: mark(30),
        marginPercent: 10,
      },
    },
  });
  await site.sshd.stop();
  site.startAgent();
  const garden = async () => (await site.api.get('/devices'))[0]?.state?.sources[0];
  const failure = await until('captures are skipped', async () => {
    const source = await garden();
    return source?.lastFailure?.code === 'disk-full' && source.disk?.rung === 'skip-captures' && source;
  });
  const held = await filesBelow(join(card, 'result'));
  expect(failure.held.count).toBe(held.size);
  expect(failure.lastFailure.message).toMatch(/^capture: the disk is full/);
  expect((await site.api.get('/devices'))[0].state.disk.skippedCaptures).toBeGreaterThan(0);

  // Killed and started anew on the full disk, it has lost none, and still removes none.
  await site.agent.kill();
  site.startAgent();
  await until('it looks at its disk again', async () => {
    const { session, sources } = (await site.api.get('/devices'))[0].state;
    return session === 2 && sources[0].disk?.rung === 'skip-captures';
  });
  expect(await filesBelow(join(card, 'result'))).toEqual(held);

  await site.sshd.start();
  await until(
    'what is proved has made room, and captures go on',
    async () => {
      const source = await garden();
      return source?.disk?.rung !== 'skip-captures' && source?.lastCaptureAt > source?.lastFailure?.at;
    },
    60_000,
  );
  await until('more was taken than the disk holds', async () => (await filesBelow(site.landing('garden'))).size > 7);

  // The camera rests, and both ends are compared: what the device has removed is neither missing nor extra.
  await site.agent.stop();
  await site.configureAgent((config) => {
    for (const source of config.sources) delete source.every;
  });
  site.startAgent();
  const report = await until('both ends agree', async () => {
    const made = await site.api.report(left, right);
    return made.missing.count === 0 && made.source.count > 0 && made.asOf === null && made;
  });
  const arrived = await filesBelow(site.landing('garden'));
  const here = await filesBelow(join(card, 'result'));
  expect(report).toMatchObject({
    state: 'completed',
    source: { count: arrived.size },
    matched: { count: arrived.size },
    extra: { count: 0 },
    differing: { count: 0 },
  });
  expect(here.size).toBeLessThan(arrived.size);
  for (const [path, digest] of [...held, ...here]) expect(arrived.get(path)).toBe(digest);
  // Of what was removed, no second name is left.
  const days = await readdir(join(card, 'preserve'));
  const preserved = await Promise.all(days.map((day) => readdir(join(card, 'preserve', day))));
  expect(preserved.flat().length).toBe(here.size);
});
