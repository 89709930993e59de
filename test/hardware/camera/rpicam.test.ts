import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createRpicam, type RpicamOptions } from '@vigie/hardware/camera/rpicam';
import { argumentFault } from '@vigie/hardware/camera/rpicam-arguments';
import { expect, onTestFinished, test } from 'vitest';
import { captureRequest } from '../../support/capture-request.ts';
import { type Fault, rpicamStandIn } from '../../support/rpicam/rpicam.ts';
import { until } from '../../support/temp.ts';

const DEFAULTS = {
  quality: 93,
  rotation: 0,
  hflip: false,
  vflip: false,
  settleMs: 2_000,
  raw: false,
  extra: [],
} as const;

async function set(options: Partial<RpicamOptions> = {}, name?: string) {
  const standIn = await rpicamStandIn(name);
  const camera = createRpicam({ ...DEFAULTS, timeLimitMs: 20_000, command: standIn.command, ...options });
  onTestFinished(() => camera[Symbol.asyncDispose]());
  return { camera, standIn };
}

test('the picture arrives byte for byte, and the sensor is told', async () => {
  const { camera, standIn } = await set();
  const request = await captureRequest();
  const files = await camera.capture(request);
  expect(files).toEqual([{ path: `${request.folder}/picture.jpg`, extension: 'jpg' }]);
  expect(await readFile(`${request.folder}/picture.jpg`)).toEqual(standIn.jpeg);
  expect(camera.description).toBe('Raspberry Pi camera imx708');
});

test('with RAW a capture is two files, and a missing one fails it', async () => {
  const { camera, standIn } = await set({ raw: true });
  const request = await captureRequest();
  expect((await camera.capture(request)).map((file) => file.extension)).toEqual(['jpg', 'dng']);
  expect(await readFile(`${request.folder}/picture.dng`)).toEqual(standIn.dng);
  await standIn.fault('no-raw');
  const next = await captureRequest();
  await expect(camera.capture(next)).rejects.toMatchObject({
    code: 'camera-crashed',
    message: expect.stringContaining('picture.dng'),
  });
  expect(await readdir(next.folder)).toEqual([]);
});

test('all settings are arguments that the program knows', async () => {
  const { camera, standIn } = await set({
    ...{ camera: 1, width: 2304, height: 1296, quality: 80, rotation: 180, hflip: true, vflip: true },
    ...{ settleMs: 500, shutterUs: 4_000, gain: 1.5, exposure: 'sport', metering: 'spot', ev: -0.5 },
    ...{ awb: 'daylight', awbGains: [1.5, 1.25], denoise: 'cdn_off', tuningFile: '/usr/share/x.json', raw: true },
    extra: ['--sharpness', '1.5', '--autofocus-mode=manual', '--lens-position', '0'],
  });
  await camera.capture(await captureRequest());
  const [run] = await standIn.runs();
  for (const argument of [
    '--width=2304',
    '--rotation=180',
    '--shutter=4000',
    '--ev=-0.5',
    '--awbgains=1.5,1.25',
    '--raw',
  ]) {
    expect(run?.args).toContain(argument);
  }
  expect(run?.args.join(' ')).toContain('--timeout 500');
});

test('without settling the first frame is taken', async () => {
  const { camera, standIn } = await set({ settleMs: 0 });
  await camera.capture(await captureRequest());
  const [run] = await standIn.runs();
  expect(run?.args).toContain('--immediate');
  expect(run?.args).not.toContain('--timeout');
});

test('a folder with a long path and a "%" does not matter to the program', async () => {
  const { camera } = await set();
  const { folder } = await captureRequest();
  const long = `${folder}/${'%d'.repeat(60)}/${'x'.repeat(120)}`;
  await mkdir(long, { recursive: true });
  expect(await camera.capture(await captureRequest({ folder: long }))).toEqual([
    { path: `${long}/picture.jpg`, extension: 'jpg' },
  ]);
});

test.each<[Fault, code: string, said: string]>([
  ['absent', 'camera-absent', 'no cameras available'],
  ['busy', 'camera-busy', 'failed to acquire camera'],
  ['memory', 'camera-refused', 'failed to allocate'],
  ['exit', 'camera-crashed', 'the sensor went away'],
  ['crash', 'camera-crashed', 'exit code 139'],
  ['empty', 'camera-crashed', 'is empty'],
  ['half', 'camera-crashed', 'breaks off'],
])('fault %s: %s with what the program said, no file, and the next capture works', async (fault, code, said) => {
  const { camera, standIn } = await set();
  await standIn.fault(fault);
  const request = await captureRequest();
  const error = await camera.capture(request).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, retryable: true, hint: expect.stringMatching(/\w/) });
  expect((error as Error).message).toContain(said);
  expect(await readdir(request.folder)).toEqual([]);
  await standIn.fault('none');
  expect(await camera.capture(request)).toHaveLength(1);
});

test('an argument that the program does not know is told with its name', async () => {
  const { camera } = await set({ extra: ['--iso', '100'] });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-refused',
    message: expect.stringContaining("unrecognised option '--iso'"),
  });
});

test.each<[Fault, hint: RegExp]>([
  ['hang', /timeLimit/],
  ['no-frames', /ribbon cable/],
])('fault %s: stopped at the time limit with all that it has started', async (fault, hint) => {
  const { camera, standIn } = await set({ timeLimitMs: 1_000 });
  await standIn.fault(fault);
  const begin = performance.now();
  const request = await captureRequest();
  await expect(camera.capture(request)).rejects.toMatchObject({
    code: 'camera-timeout',
    hint: expect.stringMatching(hint),
  });
  expect(performance.now() - begin).toBeLessThan(4_000);
  const [run] = await standIn.runs();
  await until('the program is gone', async () => !(await isAlive(run?.pid as number)), 5_000);
});

test('the program ends when the agent is killed', async () => {
  const standIn = await rpicamStandIn('rpicam-still', true);
  await standIn.fault('hang');
  const { folder } = await captureRequest();
  const options = { ...DEFAULTS, timeLimitMs: 60_000, command: standIn.command };
  const module = new URL('../../../hardware/src/camera/rpicam.ts', import.meta.url).href;
  const script = `import { createRpicam } from '${module}';
    await createRpicam(${JSON.stringify(options)}).capture({ folder: '${folder}', at: 0, zone: 'UTC', source: 'a', sequence: 1 });`;
  const agent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
  const [run] = await until('the program runs', async () => {
    const runs = await standIn.runs();
    return runs.length > 0 && runs;
  });
  expect(await isAlive(run?.pid as number)).toBe(true);
  agent.kill('SIGKILL');
  await until('the program is gone', async () => !(await isAlive(run?.pid as number)), 5_000);
});

test('a slow capture within the limit succeeds', async () => {
  const { camera, standIn } = await set();
  await standIn.fault('slow 800');
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('the older name of the program is found where the newer one is not there', async () => {
  const standIn = await rpicamStandIn('libcamera-still');
  const PATH = `${dirname(standIn.command)}:/usr/bin:/bin`;
  await using camera = createRpicam({ ...DEFAULTS, timeLimitMs: 20_000, environment: { PATH } });
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
  await using nothing = createRpicam({ ...DEFAULTS, timeLimitMs: 20_000, environment: { PATH: '/usr/bin:/bin' } });
  await expect(nothing.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-refused',
    message: expect.stringContaining('"rpicam-still" or "libcamera-still"'),
    hint: expect.stringContaining('Install'),
  });
});

test('arguments that say what is written where are not allowed, nor their beginnings', () => {
  for (const argument of [
    '--output',
    '-o',
    '-ofile',
    '--outp=x',
    '--timelapse',
    '--raw',
    '-r',
    '--datetime',
    '--config=a',
  ]) {
    expect(argumentFault(argument)).toMatch(/adapter's own/);
  }
  for (const argument of ['--sharpness', '1.5', '-1', '--roi=0,0,1,1', '--hdr', '-q', '--lens-position']) {
    expect(argumentFault(argument)).toBeUndefined();
  }
});

/** One that has ended and that nobody has asked after yet counts as ended. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}
