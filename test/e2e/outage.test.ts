import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Program } from '../support/program.ts';
import { DEVICE, filesBelow, type Site, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';

const SOURCES = Array.from({ length: 10 }, (_, i) => `cam-${i}`);
const OUTAGE_PICTURES = 300;

/** Sources that take a picture every second between them make an outage of 300 pictures bearably short. */
const sources = SOURCES.map((name) => ({
  name,
  every: '1s',
  camera: { type: 'test-picture', width: 160, height: 120 },
  watchedFolder: { interval: '200ms' },
  destinations: ['archive'],
}));

const held = async (site: Site) => {
  let count = 0;
  for (const s of SOURCES) count += (await filesBelow(join(site.watched(s), 'result'))).size;
  return count;
};

async function untilAllArrived(site: Site): Promise<void> {
  await until(
    'everything has arrived, with the same bytes',
    async () => {
      for (const name of SOURCES) {
        const [here, there] = await Promise.all([
          filesBelow(join(site.watched(name), 'result')),
          filesBelow(site.landing(name)),
        ]);
        if ([...there.keys()].some((path) => path.endsWith('.part'))) return false;
        for (const [path, digest] of here) if (there.get(path) !== digest) return false;
        // A picture that has arrived since the first list was read is no duplicate: the next look will know it.
        if (there.size > here.size) return false;
      }
      return true;
    },
    120_000,
  );
}

/** The reports that the hub made by itself once the outage was over, one a source. */
async function automaticReports(site: Site, since: string) {
  return until(
    'the hub has compared both ends by itself',
    async () => {
      const { reports } = await site.api.get('/reports?limit=100');
      const own = reports.filter(
        (r: { trigger: string; state: string; createdAt: string }) =>
          r.trigger === 'outage' && r.createdAt > since && r.state === 'completed',
      );
      const compared = new Set(own.map((r: { left: { source: string } }) => r.left.source));
      return SOURCES.every((s) => compared.has(s)) ? own : undefined;
    },
    120_000,
  );
}

async function outage(during: (site: Site, captured: () => Promise<number>) => Promise<void>): Promise<void> {
  const site = await startSite({ broker: 'mosquitto', sources });
  await until('the first pictures have arrived', async () => (await filesBelow(site.landing('cam-0'))).size >= 2);

  const before = await held(site);
  const earlier = await filesBelow(join(site.watched('cam-0'), 'result'));
  await Promise.all([site.sshd.stop(), site.broker?.stop()]);
  await during(site, async () => (await held(site)) - before);
  await until('300 pictures were taken', async () => (await held(site)) - before >= OUTAGE_PICTURES, 180_000);
  const ofOutage = [...(await filesBelow(join(site.watched('cam-0'), 'result'))).keys()]
    .filter((path) => !earlier.has(path))
    .sort();
  const backAt = new Date().toISOString();
  await Promise.all([site.sshd.start(), site.broker?.start()]);

  const reports = await automaticReports(site, backAt);
  for (const report of reports) {
    expect(report.missing.count, `missing in ${report.left.source}`).toBe(0);
    expect(report.differing.count + report.corrupt.count + report.extra.count).toBe(0);
  }
  expect(
    reports.reduce((sum: number, r: { matched: { count: number } }) => sum + r.matched.count, 0),
  ).toBeGreaterThanOrEqual(OUTAGE_PICTURES);

  // Then the cameras rest, and both ends are held against each other byte by byte.
  await site.agent.stop();
  await site.configureAgent((config) => {
    for (const source of config.sources) delete source.every;
  });
  site.startAgent();
  await untilAllArrived(site);
  expect((await site.api.get('/devices'))[0]).toMatchObject(DEVICE);

  // Newest first: the last picture of the outage got its name at the destination before the first one did.
  const arrivedAt = async (path: string) => (await lstat(join(site.landing('cam-0'), path))).ctimeMs;
  const [oldest, newest] = [ofOutage.at(1), ofOutage.at(-2)] as [string, string];
  expect(await arrivedAt(newest)).toBeLessThan(await arrivedAt(oldest));
}

describe('sshd and the broker are away while 300 pictures are taken', () => {
  test('everything arrives without any action, and the hub says so by itself', { timeout: 300_000 }, async () => {
    await outage(async () => undefined);
  });

  test('the same with the agent killed twice in between', { timeout: 300_000 }, async () => {
    await outage(async (site, captured) => {
      for (const n of [80, 160]) {
        await until(`${n} pictures were taken`, async () => (await captured()) >= n, 120_000);
        const agent: Program = site.agent;
        await agent.kill();
        site.startAgent();
      }
    });
  });
});
