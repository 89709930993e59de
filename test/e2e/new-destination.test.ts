import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { drop, picture, pictureName } from '../support/pictures.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';

const ASSETS = 2_000;
const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const right: Side = { type: 'destination', destination: 'second', ...DEVICE, source: 'garden' };

test('an archive of 2,000 assets goes to a second, empty destination; pause, cancel and order anew work', {
  timeout: 400_000,
}, async () => {
  const site = await startSite({
    // A re-sync by itself, after the restart, would have ordered everything before this test does.
    hub: { resync: { policy: 'ask', outageAfter: '1s' } },
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture' },
        watchedFolder: { interval: '200ms', waitTime: '0ms', batchSize: 500, concurrency: 2, preserve: null },
        destinations: ['archive'],
      },
    ],
  });
  const { api } = site;
  const watched = site.watched('garden');
  await site.takesFiles('garden');
  for (let n = 0; n < ASSETS; n++) await drop(watched, pictureName(n), await picture(`archive ${n}`));
  await until(
    'the archive is complete',
    async () => (await api.get('/devices'))[0]?.state?.sources[0]?.destinations[0]?.verified.count === ASSETS,
    240_000,
  );

  // A second destination is added on both sides.
  const root = join(site.folder, 'second');
  await mkdir(root);
  const add = (config: Record<string, unknown>) => {
    const [archive] = config.destinations as Record<string, unknown>[];
    config.destinations = [archive, { ...archive, name: 'second', root }];
  };
  await site.hub.stop();
  await site.agent.stop();
  await site.configureHub(add);
  await site.configureAgent((config) => {
    add(config);
    for (const source of config.sources) source.destinations = ['archive', 'second'];
  });
  await site.startHub();
  site.startAgent();
  await until('the device is back with both destinations', async () => {
    const [device] = await api.get('/devices');
    return device?.presence === 'online' && device.state.sources[0].destinations.length === 2;
  });

  const first = await api.report(left, right);
  expect(first).toMatchObject({ state: 'completed', missing: { count: ASSETS }, destination: { count: 0 } });
  const { entries } = await api.get(`/reports/${first.id}/unmatched?limit=1`);
  expect(entries[0].cause).toMatch(/never ordered for this destination/);

  const progress: number[] = [];
  const jobOf = async (reportId: string, until_: (job: { state: string; done: { count: number } }) => boolean) =>
    until(
      'the job is as expected',
      async () => {
        const [job] = (await api.get(`/reports/${reportId}`)).jobs;
        if (job && job.done.count !== progress.at(-1)) progress.push(job.done.count);
        return job && until_(job) ? job : undefined;
      },
      120_000,
    );

  const rerun = await api.post(`/reports/${first.id}/rerun`, { sync: true });
  const running = await jobOf(rerun.id, (job) => job.done.count > 0);
  await api.post(`/jobs/${running.id}/pause`);
  const paused = await jobOf(rerun.id, (job) => job.state === 'PAUSED');
  await api.post(`/jobs/${running.id}/resume`);
  await jobOf(rerun.id, (job) => job.state === 'RUNNING' && job.done.count > paused.done.count);
  await api.post(`/jobs/${running.id}/cancel`);
  const cancelled = await jobOf(rerun.id, (job) => job.state === 'CANCELLED');
  expect(cancelled.done.count).toBeLessThan(ASSETS);

  // Ordered anew, the rest goes: what is there already is not sent again.
  const again = await api.post(`/reports/${first.id}/rerun`, { sync: true });
  const ended = await api.ended(again.id);
  expect(ended.missing.count).toBeLessThan(ASSETS);
  expect(ended.matched.count + ended.missing.count).toBe(ASSETS);
  const job = await jobOf(again.id, ({ state }) => state === 'SUCCEEDED');
  expect(job.done.count).toBe(ended.missing.count);
  expect(progress.length, `progress was told in steps: ${progress}`).toBeGreaterThan(3);

  const [here, there] = await Promise.all([
    filesBelow(join(watched, 'result')),
    filesBelow(join(root, DEVICE.device, 'garden')),
  ]);
  expect(there).toEqual(here);
});
