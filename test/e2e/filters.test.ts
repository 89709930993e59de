import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { drop, picture, pictureName } from '../support/pictures.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { tempFolder, until } from '../support/temp.ts';

const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const rightOf = (destination: string): Side => ({ type: 'destination', destination, ...DEVICE, source: 'garden' });

test('two destinations, each with its own filter: owed, reported and changed by itself', {
  timeout: 120_000,
}, async () => {
  const roots = { all: await tempFolder(), some: await tempFolder() };
  const destinations = Object.entries(roots).map(([name, root]) => ({ name, type: 'directory', root }));
  const withFilter = (filter: object) => destinations.map((d) => (d.name === 'some' ? { ...d, filter } : d));
  const site = await startSite({
    hub: { destinations, resync: { policy: 'never', outageAfter: '1s' } },
    agent: { stateEvery: '200ms', destinations: withFilter({ kinds: ['jpg'], paths: ['!*8000[4-9].jpg'] }) },
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture' },
        watchedFolder: { interval: '100ms', waitTime: '0ms', include: '*', preserve: null },
        destinations: ['all', 'some'],
      },
    ],
  });
  const { api } = site;
  const watched = site.watched('garden');
  const placeOf = (name: keyof typeof roots) => join(roots[name], DEVICE.device, 'garden');
  const namesAt = async (name: keyof typeof roots) =>
    [...(await filesBelow(placeOf(name))).keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)).sort();
  const stateOf = async (name: string) => {
    const [device] = await api.get('/devices');
    return device?.state?.sources[0]?.destinations.find((d: { name: string }) => d.name === name);
  };
  const settled = (what: string, is: (all: Awaited<ReturnType<typeof stateOf>>, some: typeof all) => boolean) =>
    until(what, async () => {
      const [all, some] = [await stateOf('all'), await stateOf('some')];
      return all && some && is(all, some);
    });

  // Pictures 0 to 3 and no 4, and a sidecar beside each: one destination takes everything, the other four pictures.
  await site.takesFiles('garden');
  const jpg = Array.from({ length: 5 }, (_, n) => pictureName(n));
  const xmp = jpg.map((name) => name.replace('.jpg', '.xmp'));
  for (const name of jpg) await drop(watched, name, await picture(name));
  for (const name of xmp) await drop(watched, name, Buffer.from(`<${name}/>`));
  await settled(
    'all has ten, some four',
    (all, some) =>
      all.verified.count === 10 && some.verified.count === 4 && all.backlog.count + some.backlog.count === 0,
  );
  expect(await namesAt('all')).toEqual([...jpg, ...xmp].sort());
  expect(await namesAt('some')).toEqual(jpg.slice(0, 4));

  // What is left out is not missing; what is taken and not there is, and an extra is an extra still.
  expect(await api.report(left, rightOf('all'))).toMatchObject({ matched: { count: 10 }, taken: null });
  const sound = await api.report(left, rightOf('some'));
  expect(sound).toMatchObject({
    state: 'completed',
    source: { count: 4 },
    matched: { count: 4 },
    missing: { count: 0 },
  });
  expect(sound.taken).toEqual({ kinds: ['jpg'], paths: ['!*8000[4-9].jpg'] });
  const day = join(placeOf('some'), '20261001');
  await rm(join(day, jpg[0] as string));
  await writeFile(join(day, 'stranger.xmp'), 'x');
  expect(await api.report(left, rightOf('some'))).toMatchObject({
    ...{ source: { count: 4 }, destination: { count: 4 }, matched: { count: 3 } },
    ...{ missing: { count: 1 }, extra: { count: 1 } },
  });
  await rm(join(day, 'stranger.xmp'));

  // Pictures that wait there, and then another filter, which leaves them out and lets the sidecars in.
  const command = (name: string) =>
    api.post(`/devices/${DEVICE.site}/${DEVICE.device}/commands`, { name, args: { destination: 'some' } });
  await command('pause-deliveries');
  for (const n of [10, 11]) await drop(watched, pictureName(n), await picture(`late ${n}`));
  await settled('two wait', (all, some) => all.verified.count === 12 && some.backlog.count === 2);
  await site.agent.stop();
  await site.configureAgent((config) => {
    config.destinations = withFilter({ kinds: ['sidecar'] });
  });
  site.startAgent();
  await settled(
    'the new filter is told',
    (_, some) => some.filter?.kinds[0] === 'sidecar' && some.backlog.count === 0 && some.verified.count === 4,
  );
  await until('deliveries go on', async () => {
    const [device] = await api.get('/devices');
    return device.presence === 'online' && (await command('resume-deliveries')).status === 'ok';
  });
  const [told] = (await api.get('/activity?limit=100')).filter((a: { type: string }) => a.type === 'filter-changed');
  expect(told?.message).toMatch(/^some takes only sidecar of garden from now on/);
  await site.agent.printed(/"leftOut":2,"letIn":5/);
  expect(await namesAt('some')).toEqual(jpg.slice(1, 4));

  // One that was delivered and is gone is not expected there any more; what was let in is missing until somebody orders it.
  const changed = await api.report(left, rightOf('some'));
  expect(changed).toMatchObject({ source: { count: 8 }, matched: { count: 3 }, missing: { count: 5 } });
  const { entries } = await api.get(`/reports/${changed.id}/unmatched?limit=1`);
  expect(entries[0]).toMatchObject({ action: 'resync', cause: expect.stringMatching(/never ordered/) });
  // Run again, it lists as much as before unless it is told.
  const again = await api.post(`/reports/${changed.id}/rerun`, { sync: true, full: true });
  await until('the sidecars are there', async () => (await namesAt('some')).length === 8);
  const ended = await until('the job has ended', async () => {
    const [job] = (await api.get(`/reports/${again.id}`)).jobs;
    return job?.state === 'SUCCEEDED' ? job : undefined;
  });
  expect(ended.done.count).toBe(5);
  const third = await api.post(`/reports/${again.id}/rerun`, { sync: false });
  expect([changed.full, again.full, third.full]).toEqual([false, true, true]);
  expect(await api.ended(third.id)).toMatchObject({ state: 'completed', matched: { count: 8 }, missing: { count: 0 } });
  expect(await namesAt('some')).toEqual([...jpg.slice(1, 4), ...xmp].sort());
});
