import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { drop, picture, pictureName } from '../support/pictures.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';

const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const right: Side = { type: 'destination', destination: 'archive', ...DEVICE, source: 'garden' };

test('25 deleted, 5 truncated, 3 added by hand: the report names them, and Re-run & Sync mends 30', {
  timeout: 180_000,
}, async () => {
  const site = await startSite({
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture' },
        watchedFolder: { interval: '200ms', waitTime: '0ms', batchSize: 200, concurrency: 2 },
        destinations: ['archive'],
      },
    ],
  });
  const watched = site.watched('garden');
  await site.takesFiles('garden');
  for (let n = 0; n < 120; n++) await drop(watched, pictureName(n, 60), await picture(`loss ${n}`));
  const whole = await until(
    '120 pictures have arrived',
    async () => {
      const there = await filesBelow(site.landing('garden'));
      return there.size === 120 && [...there.keys()].every((path) => path.endsWith('.jpg')) ? there : undefined;
    },
    60_000,
  );

  const paths = [...whole.keys()].sort();
  const deleted = paths.filter((_, i) => i % 4 === 0).slice(0, 25);
  const truncated = paths.filter((_, i) => i % 4 === 1).slice(0, 5);
  const added = ['20261001/by hand.jpg', '20261002/<img onerror=alert(1)>.jpg', '20991231/x.cr2'];
  for (const path of deleted) await rm(join(site.landing('garden'), path));
  for (const path of truncated) await truncate(join(site.landing('garden'), path), 100);
  for (const path of added) {
    const file = join(site.landing('garden'), path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'not ours');
  }

  const report = await site.api.report(left, right);
  expect(report).toMatchObject({ state: 'completed', error: null, source: { count: 120 }, matched: { count: 90 } });
  const named = async (id: string, name: string) => {
    const page = await site.api.get(`/reports/${id}/unmatched?class=${name}&limit=100`);
    return page.entries.map((e: { path: string }) => e.path).sort();
  };
  expect(await named(report.id, 'missing')).toEqual(deleted);
  expect(await named(report.id, 'differing')).toEqual(truncated);
  expect(await named(report.id, 'extra')).toEqual([...added].sort());
  const { entries } = await site.api.get(`/reports/${report.id}/unmatched?class=missing&limit=1`);
  expect(entries[0].cause).toMatch(/verified there on .* and has gone/);
  expect(await site.api.get(`/reports/${report.id}/estimate`)).toMatchObject({ total: { count: 30 } });

  const rerun = await site.api.post(`/reports/${report.id}/rerun`, { sync: true });
  const finished = await until('the re-sync has ended', async () => {
    const { jobs } = await site.api.get(`/reports/${rerun.id}`);
    return jobs.length > 0 && jobs[0].completedAt !== null ? jobs[0] : undefined;
  });
  expect(finished).toMatchObject({ state: 'SUCCEEDED', total: { count: 30 }, done: { count: 30 }, failed: 0 });

  const after = await filesBelow(site.landing('garden'));
  for (const [path, digest] of whole) expect(after.get(path), path).toBe(digest);
  expect(after.size).toBe(123);
  const followUp = await until('a report follows the re-sync', async () => {
    const { reports } = await site.api.get('/reports');
    return reports.find((r: { trigger: string; state: string }) => r.trigger === 'resync' && r.state === 'completed');
  });
  expect(followUp).toMatchObject({
    matched: { count: 120 },
    missing: { count: 0 },
    differing: { count: 0 },
    extra: { count: 3 },
  });
});
