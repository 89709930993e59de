import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { startProgram } from '../support/program.ts';
import { type AgentYaml, filesBelow, type Site, startSite } from '../support/site.ts';
import { freePort, until } from '../support/temp.ts';

const DRILL_MS = 10_000;

/** A second device, which reaches the hub but never its destination. */
async function startUnlucky(site: Site) {
  let yaml: AgentYaml | undefined;
  await site.configureAgent((config) => {
    yaml = structuredClone(config);
  });
  const { destinations, sources, ...config } = yaml as AgentYaml;
  const file = join(site.folder, 'agent-2.yaml');
  const port = await freePort();
  const hurried = sources.map((source) => ({ ...source, every: '1s' }));
  const unreached = destinations.map((destination) => ({ ...destination, port }));
  await writeFile(
    file,
    stringify({ ...config, device: 'cam-2', dataFolder: 'agent-2', destinations: unreached, sources: hurried }),
  );
  let lives = 0;
  const start = () => {
    const agent = startProgram('agent', ['run', '--config', file], join(site.folder, `agent-2-${++lives}.log`));
    onTestFinished(() => agent.kill());
    return agent;
  };
  return { agent: start(), start };
}

const device = (site: Site, name: string) => site.api.get(`/devices/main/${name}`);

/** Orders a drill and waits until the hub has seen the device vanish. */
async function begin(site: Site, name: string): Promise<string> {
  const { id } = await site.api.post(`/devices/main/${name}/drills`, { minutes: DRILL_MS / 60_000 });
  const away = await until('the hub has seen it vanish', async () => {
    const found = await device(site, name);
    return found.presence === 'offline' ? found : undefined;
  });
  expect(away.drill).toMatchObject({ id, until: expect.any(String) });
  return id;
}

const sheet = (site: Site, id: string) =>
  until(
    'the drill has its sheet',
    async () => {
      const drill = await site.api.get(`/drills/${id}`);
      return drill.endedAt === null ? undefined : drill;
    },
    60_000,
  );

test('devices act offline, keep what they take, come back by themselves, and their sheets say how that went', {
  timeout: 90_000,
}, async () => {
  const site = await startSite({
    broker: 'mosquitto',
    sources: [
      {
        name: 'roof',
        every: '2s',
        camera: { type: 'test-picture', width: 160, height: 120 },
        watchedFolder: { interval: '200ms' },
        destinations: ['archive'],
      },
    ],
    hub: { resync: { policy: 'automatic', outageAfter: '1m' }, drills: { returnWithin: '20s', greenWithin: '10s' } },
  });
  const arrived = async () => (await filesBelow(site.landing('roof'))).size;
  const taken = async (agent: string) =>
    [...(await filesBelow(join(site.folder, agent, 'sources/roof/result'))).keys()].length;
  const unlucky = await startUnlucky(site);
  await until('pictures arrive', async () => (await arrived()) >= 2);
  await until('the other device has some', async () => (await taken('agent-2')) >= 2);
  await until('the hub knows both', async () => (await site.api.get('/devices')).length === 2);

  const [first, second] = await Promise.all([begin(site, 'cam-1'), begin(site, 'cam-2')]);
  const [sent, had, hadToo] = [await arrived(), await taken('agent'), await taken('agent-2')];
  await unlucky.agent.kill();
  await until('another picture is taken', async () => (await taken('agent')) > had);
  expect(await arrived()).toBe(sent);
  const again = unlucky.start();
  await until('the new agent takes pictures', async () => (await taken('agent-2')) > hadToo);

  const passed = await sheet(site, first);
  expect(passed).toMatchObject({ reasons: [], state: 'passed', missing: 0, by: expect.stringContaining('@') });
  expect(passed.offlineMs).toBeGreaterThanOrEqual(DRILL_MS);
  expect(passed.slots).toMatchObject({ expected: passed.slots.taken, failed: 0, off: 0 });
  expect(passed.captured.count).toBeGreaterThanOrEqual(2);
  expect(passed.queued.count).toBeGreaterThanOrEqual(2);
  expect(passed.delivered).toBe(passed.queued.count);
  expect(passed.greenAfterMs).toBeGreaterThan(0);
  const report = await site.api.get(`/reports/${passed.reports[0]}`);
  expect(report).toMatchObject({ state: 'completed', trigger: 'outage' });
  expect((await device(site, 'cam-1')).drill).toBe(null);

  const failed = await sheet(site, second);
  expect(failed).toMatchObject({ state: 'failed', greenAt: null, greenAfterMs: null, delivered: 0 });
  expect(failed.reasons.join(' ')).toMatch(/while the agent was not running/);
  expect(failed.reasons.join(' ')).toMatch(/not green within 10 s.*deliveries still wait.*archive: /);
  expect(failed.queued.count).toBeGreaterThan(failed.captured.count);
  // The agent that was started in between kept to the drill.
  expect(Date.parse(failed.returnedAt) - Date.parse(failed.vanishedAt)).toBeGreaterThan(DRILL_MS - 3_000);

  const told = (await site.api.get('/activity?limit=100')).map(({ type }: { type: string }) => type);
  expect(told).toEqual(expect.arrayContaining(['drill-passed', 'drill-failed']));
  expect(told).not.toContain('device-offline');
  await again.stop();
});
