import { execFile, execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { startSshd } from '../../scripts/sshd.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { jpegPicture } from '../support/picture.ts';
import { startProgram } from '../support/program.ts';
import { archiveAt } from '../support/remote.ts';
import { tempFolder, until } from '../support/temp.ts';
import { virtualCamera } from '../support/virtual-camera/virtual-camera.ts';

const AGENT = join(import.meta.dirname, '../../agent/bin/vigie-agent');

type Finding = { area: string; subject: string; code: string; state: string; message: string; fix: string | null };

function run(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number; out: string; complaint: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(AGENT, args, { env, timeout: 100_000 }, (error, out, complaint) => {
      resolve({ code: error ? Number(error.code) : 0, out, complaint });
    });
  });
}

/** A device with a camera, a broker and an SFTP destination, all real. */
async function set() {
  const folder = await tempFolder();
  const camera = await virtualCamera(join(folder, 'camera'));
  await camera.put(await jpegPicture());
  const sshd = await startSshd({ folder: join(folder, 'sshd') });
  onTestFinished(() => sshd.stop());
  const broker = await startMosquitto({ folder: join(folder, 'broker') });
  onTestFinished(() => broker.stop());
  const root = join(folder, 'landing');
  await mkdir(root);
  const file = join(folder, 'agent.yaml');
  const config = {
    device: 'cam-1',
    dataFolder: 'data',
    hub: { url: broker.url },
    // The machine of a test may be full: that is another test's matter.
    disk: {
      clean: { percent: 0, bytes: '0B', inodes: 0 },
      stopProcessing: { percent: 0, bytes: '0B', inodes: 0 },
      skipCaptures: { percent: 0, bytes: '0B', inodes: 0 },
    },
    destinations: [archiveAt(sshd, root)],
    sources: [
      {
        name: 'garden',
        every: '1s',
        camera: { type: 'gphoto2', timeLimit: '10s' },
        process: [{ step: 'legend', text: '{time}' }],
        destinations: ['archive'],
      },
    ],
  };
  await writeFile(file, stringify(config));
  const doctor = (...more: string[]) => run(['doctor', '--config', file, ...more], camera.environment);
  /** The findings about everything but this machine's own clock and USB. */
  async function findings(
    ...more: string[]
  ): Promise<{ code: number; all: Finding[]; bad: Record<string, string | null> }> {
    const { code, out } = await doctor('--json', ...more);
    const all = (JSON.parse(out) as { findings: Finding[] }).findings;
    const bad = all.filter(
      ({ state, area, code: about }) => state === 'mend' && area !== 'clock' && !about.startsWith('usb-'),
    );
    return { code, all, bad: Object.fromEntries(bad.map((one) => [one.code, one.fix])) };
  }
  return { folder, camera, sshd, broker, file, doctor, findings };
}

test('a device that is well; then its broker is stopped, its server has another key, and its camera is away', async () => {
  const { folder, camera, sshd, broker, findings } = await set();
  const well = await findings('--capture');
  expect(well.bad).toEqual({});
  const codes = well.all.filter(({ state }) => state === 'ok').map(({ code }) => code);
  for (const code of [
    'camera',
    'camera-picture',
    'disk-writable',
    'font',
    'sftp-login',
    'sftp-writable',
    'broker-login',
    'add-on',
    'zone',
  ])
    expect(codes).toContain(code);
  expect(well.all.find(({ code }) => code === 'camera')?.message).toContain('Nikon DSC D750');

  await broker.stop();
  await sshd.stop();
  const other = await startSshd({ folder: join(folder, 'other'), port: sshd.port });
  onTestFinished(() => other.stop());
  await camera.control.set('absent');
  const ill = await findings();
  expect(ill.code).toBe(1);
  expect(ill.bad).toEqual({
    'camera-absent': expect.stringContaining('cable'),
    'host-key-changed': expect.stringContaining('ssh-keygen -R'),
    'broker-down': expect.stringContaining('nc -vz'),
  });
}, 120_000);

test('beside the running agent: both work, and the doctor leaves the agent’s things alone', async () => {
  const { folder, camera, file, findings } = await set();
  const agent = startProgram('agent', ['run', '--config', file], join(folder, 'agent.log'), camera.environment);
  onTestFinished(() => agent.kill());
  await until('pictures are taken', async () => (await camera.control.captures()).length > 1);
  const { bad, all } = await findings();
  expect(bad).toEqual({});
  expect(all.find(({ area }) => area === 'ledger')).toMatchObject({ code: 'ledger', state: 'ok' });
  const before = (await camera.control.captures()).length;
  await until('pictures are taken still', async () => (await camera.control.captures()).length > before + 1);
  expect(await agent.stop()).toBe(0);
}, 120_000);

test('lines in a pipe, a table on a terminal, and exit codes for wrong use', async () => {
  const folder = await tempFolder();
  const file = join(folder, 'agent.yaml');
  await writeFile(
    file,
    stringify({ device: 'cam-1', dataFolder: 'data', sources: [{ name: 'garden', camera: { type: 'test-picture' } }] }),
  );
  const { out } = await run(['doctor', '--config', file, '--capture'], {});
  expect(out).toMatch(/^ok\tcamera\tgarden\tcamera-picture\t/m);
  for (const line of out.split('\n').slice(0, -1)) expect(line.split('\t')).toHaveLength(6);
  const command = `'${AGENT}' doctor --config '${file}' || true`;
  const table = execFileSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', timeout: 60_000 });
  expect(table).toContain('\x1b[32mok  \x1b[0m  disk');
  expect(table).toMatch(/to mend|nothing to mend/);
  expect((await run(['doctor'], {})).code).toBe(2);
  await writeFile(file, 'device: cam-1\nsources: 7\n');
  expect(await run(['doctor', '--config', file], {})).toMatchObject({
    code: 2,
    complaint: expect.stringContaining('sources'),
  });
}, 60_000);
