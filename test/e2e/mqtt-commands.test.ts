import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { filesBelow, type Site, startSite } from '../support/site.ts';
import { tempFolder, until } from '../support/temp.ts';

const page = readFileSync(new URL('../../docs/mqtt-commands.md', import.meta.url), 'utf8');
const fences = [...page.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(
  ([, language, text]) => ({ language, text }) as const,
);
const [setUp, listen, ...orders] = fences.filter((f) => f.language === 'sh').map((f) => f.text as string);
const acl = fences.find((f) => f.language === '')?.text as string;

// Replies have many forms, which the checks below spell out.
// biome-ignore lint/suspicious/noExplicitAny: as said above
type Reply = { id: string; status: string; data?: any; error?: { code: string; message: string } };
type Shell = {
  /** The values that the page's reader puts in. */
  variables: Record<string, string>;
  run(block: string): Promise<{ stdout: string; stderr: string }>;
  /** Lines that the listening terminal has printed. */
  heard(): { topic: string; message: Reply & { state?: string } }[];
};

/** Two terminals at the broker, as the page sets them up: one listens, the other orders. */
async function terminals(brokerUrl: URL): Promise<Shell> {
  const variables: Record<string, string> = {};
  const environment = () => ({
    PATH: process.env.PATH,
    HOME: home,
    BROKER: brokerUrl.hostname,
    BROKER_PORT: brokerUrl.port,
    OPS_PASSWORD: 'ops-password',
    ...variables,
  });
  const home = await tempFolder();
  const run = (block: string) => promisify(execFile)('bash', ['-ec', block], { env: environment(), timeout: 10_000 });
  await run(setUp as string);
  let text = '';
  const listener = spawn('bash', ['-c', `exec ${listen}`], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    listener.kill();
  });
  listener.stdout.on('data', (bytes: Buffer) => {
    text += bytes;
  });
  const heard = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => ({
        topic: line.slice(0, line.indexOf(' ')),
        message: JSON.parse(line.slice(line.indexOf(' ') + 1)),
      }));
  return { variables, run, heard };
}

/** What the page's examples are about: the id of each begins with its name. */
const nameOf = (block: string) => /"id": "([a-z-]+)-\$/.exec(block)?.[1] ?? block;

async function pictures(site: Site, count: number): Promise<string[]> {
  return until(`${count} pictures have arrived`, async () => {
    const paths = [...(await filesBelow(site.landing('roof'))).keys()].filter((path) => path.endsWith('.jpg'));
    return paths.length >= count ? paths.sort() : undefined;
  });
}

test('the page’s examples do what it says, at Mosquitto under its access control list', {
  timeout: 120_000,
}, async () => {
  const site = await startSite({
    broker: 'mosquitto',
    acl,
    sources: [
      {
        name: 'roof',
        camera: { type: 'test-picture', width: 160, height: 120 },
        watchedFolder: { interval: '200ms' },
        destinations: ['archive'],
      },
    ],
    hub: { resync: { policy: 'never', outageAfter: '1s' } },
  });
  const { url } = site.broker as unknown as { url: string };
  const { variables, run, heard } = await terminals(new URL(url));
  await site.takesFiles('roof');

  /** Runs one example as it stands on the page and waits for its last answer. */
  async function order(name: string): Promise<Reply> {
    const block = orders.find((one) => nameOf(one) === name) as string;
    const before = heard().length;
    await run(block);
    const topic = String(/-t (\S+)/.exec(block)?.[1]).replace('/command/', '/reply/');
    return until(
      `"${name}" is answered`,
      () =>
        heard()
          .slice(before)
          .find(
            (line) =>
              line.topic === topic && line.message.id.startsWith(`${name}-`) && line.message.status !== 'accepted',
          )?.message,
    );
  }
  const done = async (name: string) => {
    const { status, data, error } = await order(name);
    expect({ status, error }, name).toEqual({ status: 'ok' });
    return data;
  };
  const jobState = (id: string, state: string) =>
    until(`job ${id} is ${state}`, () =>
      heard().some(({ topic, message }) => topic === `vigie/v1/main/cam-1/job/${id}/update` && message.state === state),
    );
  const tried = new Set<string>();
  const steps: Record<string, () => Promise<void>> = {
    async ping() {
      // At its first start the device looks through its folders before it tells what is in them.
      const source = await until('its storage is there', async () => {
        const [roof] = (await done('ping')).sources;
        return roof.storage === 'present' ? roof : undefined;
      });
      expect(source.name).toBe('roof');
    },
    async capture() {
      expect((await done('capture')).names).toHaveLength(1);
      await pictures(site, 1);
      // A second has to pass before the next name is another one.
      await until('the device has a second picture', async () => (await done('capture')).names.length === 1);
      const [path] = await pictures(site, 2);
      variables.PICTURE = path as string;
      variables.DAY = (path as string).split('/')[0] as string;
    },
    async scan() {
      expect(await done('scan')).toMatchObject([{ source: 'roof' }]);
    },
    async 'recover-stage'() {
      expect(await done('recover-stage')).toMatchObject([{ source: 'roof' }]);
    },
    async 'retry-failed'() {
      expect(await done('retry-failed')).toMatchObject({ retried: expect.any(Number) });
    },
    async 'pause-deliveries'() {
      const { paused } = await done('pause-deliveries');
      expect(paused).toMatchObject({ by: 'operator ada', until: paused.at + 7_200_000 });
      await until('the hub shows the pause', async () => {
        const { state } = await site.api.get('/devices/main/cam-1');
        return state.sources[0].destinations[0].error?.code === 'paused';
      });
    },
    async 'resume-deliveries'() {
      expect(await done('resume-deliveries')).toEqual({ destination: 'archive', paused: null });
      await until('the hub shows its end', async () => {
        const { state } = await site.api.get('/devices/main/cam-1');
        return state.sources[0].destinations[0].error === null;
      });
    },
    async explain() {
      expect(await done('explain')).toMatchObject([{ path: variables.PICTURE, cause: expect.any(String) }]);
    },
    async measure() {
      expect(await done('measure')).toMatchObject({ total: { count: 2 }, toDeliver: { count: 0 }, absent: 0 });
    },
    async again() {
      // Neither the hub nor the destination is there.
      await Promise.all([site.hub.stop(), site.sshd.stop()]);
      const job = await done('again');
      expect(job).toMatchObject({ state: 'RUNNING', origin: 'operator', by: 'operator ada', total: { count: 2 } });
      variables.JOB = job.job;
    },
    async 'device-jobs'() {
      expect((await done('device-jobs')).jobs).toMatchObject([{ job: variables.JOB, state: 'RUNNING' }]);
    },
    async 'device-pause'() {
      const id = variables.JOB as string;
      expect(await done('device-pause')).toMatchObject({ job: id, state: 'PAUSED', want: 'pause' });
      await jobState(id, 'PAUSED');
      // The hub hears of a job that it did not order, and can have it run on.
      await site.startHub();
      const known = await until('the hub has the job as paused', async () =>
        (await site.api.get('/jobs')).find((j: { id: string; state: string }) => j.id === id && j.state === 'PAUSED'),
      );
      expect(known).toMatchObject({ by: 'operator ada', want: 'pause', source: 'roof', total: { count: 2 } });
      await site.sshd.start();
      await site.api.post(`/jobs/${id}/resume`);
      await jobState(id, 'SUCCEEDED');
    },
    async fleet() {
      const { total, devices } = await done('fleet');
      expect(total).toBe(1);
      expect(devices[0]).toMatchObject({ device: 'cam-1', presence: 'online', backlog: { bytes: expect.any(Number) } });
      expect(devices[0].sources[0].destinations[0]).toMatchObject({ name: 'archive' });
    },
    async report() {
      await rm(join(site.landing('roof'), variables.PICTURE as string));
      const { report, estimate, unmatched } = await done('report');
      expect(report).toMatchObject({
        state: 'completed',
        by: 'operator ada',
        missing: { count: 1 },
        matched: { count: 1 },
      });
      expect([estimate.total.count, unmatched.entries[0].path]).toEqual([1, variables.PICTURE]);
      variables.REPORT = report.id;
      const answers = heard().filter(({ topic }) => topic === 'vigie/v1/hub/reply/report');
      expect(answers.map(({ message }) => message.status)).toEqual(['accepted', 'ok']);
      expect(answers[0]?.message.data.report.id).toBe(report.id);
    },
    async status() {
      const { report, unmatched } = await done('status');
      expect([report.id, unmatched.total]).toEqual([variables.REPORT, 1]);
    },
    async reports() {
      expect((await done('reports')).reports[0].id).toBe(variables.REPORT);
    },
    async rerun() {
      const { report } = await done('rerun');
      expect(report).toMatchObject({ trigger: 'rerun', missing: { count: 1 }, jobs: [{ total: { count: 1 } }] });
      await jobState(report.jobs[0].id, 'SUCCEEDED');
      await pictures(site, 2);
      variables.RERUN = report.id;
    },
    async 'cancel-report'() {
      const first = variables.REPORT as string;
      variables.REPORT = variables.RERUN as string;
      expect((await order('cancel-report')).error).toMatchObject({ code: 'conflict' });
      expect(await done('remove-report')).toEqual({ removed: variables.REPORT });
      variables.REPORT = first;
    },
    async 'remove-report'() {
      tried.add('remove-report');
    },
    async schedules() {
      expect(await done('schedules')).toMatchObject({ setIn: 'hub.yaml', resync: { policy: 'never' }, reports: [] });
    },
    async activity() {
      expect((await done('activity')).activity[0]).toMatchObject({ id: expect.any(Number), type: expect.any(String) });
    },
    async certificates() {
      // The day is not over yet.
      expect(await done('certificates')).toMatchObject({ total: 0, certificates: [], publicKey: expect.any(String) });
    },
    async 'day-certificate'() {
      expect((await order('day-certificate')).error).toMatchObject({ code: 'not-found' });
    },
    async estimate() {
      expect(await done('estimate')).toMatchObject({ preview: true, total: { count: 1 } });
    },
    async mend() {
      const { jobs } = await done('mend');
      expect(jobs).toMatchObject([{ reportId: variables.REPORT, by: 'operator ada', total: { count: 1 } }]);
      await jobState(jobs[0].id, 'SUCCEEDED');
    },
    async 'by-path'() {
      const path = join(site.landing('roof'), variables.PICTURE as string);
      await writeFile(path, 'not what was taken');
      const { jobs } = await done('by-path');
      await jobState(jobs[0].id, 'SUCCEEDED');
      const held = await filesBelow(join(site.watched('roof'), 'result'));
      const there = await filesBelow(site.landing('roof'));
      expect(there.get(variables.PICTURE as string)).toBe(held.get(variables.PICTURE as string));
    },
    async 'by-day'() {
      await site.sshd.stop();
      const { jobs } = await done('by-day');
      expect(jobs).toMatchObject([{ total: { count: 2 }, want: 'run' }]);
      variables.JOB = jobs[0].id;
      await jobState(variables.JOB as string, 'RUNNING');
    },
    async 'all-missing'() {
      const { jobs } = await done('all-missing');
      // What both name goes with the later one.
      await jobState(variables.JOB as string, 'CANCELLED');
      variables.JOB = jobs[0].id;
      await jobState(variables.JOB as string, 'RUNNING');
    },
    async 'hub-jobs'() {
      expect((await done('hub-jobs')).jobs).toMatchObject([{ id: variables.JOB }]);
    },
    async pause() {
      expect((await done('pause')).job).toMatchObject({ id: variables.JOB, want: 'pause' });
      await jobState(variables.JOB as string, 'PAUSED');
    },
    async resume() {
      expect((await done('resume')).job).toMatchObject({ want: 'run' });
      await until('it runs on', async () => (await done('progress')).job.state === 'RUNNING');
    },
    async cancel() {
      expect((await done('cancel')).job).toMatchObject({ want: 'cancel' });
      await jobState(variables.JOB as string, 'CANCELLED');
    },
    async progress() {
      await until('the hub has heard of it', async () => (await done('progress')).job.state === 'CANCELLED');
      await site.sshd.start();
    },
    async 'device-drill'() {
      const { drill, by, forMs } = await done('device-drill');
      expect([by, forMs]).toEqual(['operator ada', 600_000]);
      variables.DRILL = drill;
    },
    async drills() {
      const { drills } = await until('the hub has noticed that it is away', async () => {
        const found = await done('drills');
        return found.drills[0]?.state === 'away' ? found : undefined;
      });
      expect(drills).toMatchObject([{ id: variables.DRILL, atDevice: true, by: 'operator ada' }]);
    },
    async drill() {
      expect((await order('drill')).error).toMatchObject({ code: 'conflict' });
    },
  };
  expect(orders.map(nameOf)).toEqual(Object.keys(steps));
  await until('somebody listens', async () => {
    await run(orders[0] as string);
    return heard().length > 0;
  });
  for (const [name, step] of Object.entries(steps)) {
    await step();
    tried.add(name);
  }
  expect(tried.size).toBe(orders.length);

  // What was ordered is in the audit log, by whom.
  const { entries } = await site.api.get('/audit?limit=50');
  const deeds = entries.filter((e: { address: string }) => e.address === 'mqtt');
  expect(deeds.map((e: { action: string }) => e.action)).toEqual(
    expect.arrayContaining(['report-create', 'report-sync', 'report-remove', 'resync', 'job-pause', 'job-cancel']),
  );
  expect(new Set(deeds.map((e: { actor: string }) => e.actor))).toEqual(new Set(['operator ada']));

  // A device orders nothing: neither of the hub nor of another device.
  for (const topic of ['vigie/v1/hub/command/fleet', 'vigie/v1/main/cam-2/command/ping']) {
    const message = '{"id": "forged", "expiresAt": 9999999999999}';
    const forged = `mosquitto_pub -V 5 -q 1 -I cam-1- -u cam-1 -P device-password -t ${topic} -m '${message}'`;
    const refused = await run(forged).then(
      ({ stderr }) => stderr,
      (error: { stderr: string }) => error.stderr,
    );
    expect(refused, topic).toContain('Not authorized');
  }
  await done('fleet');
  expect(heard().filter(({ message }) => message.id === 'forged')).toEqual([]);
});
