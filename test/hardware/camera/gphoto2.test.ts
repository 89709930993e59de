import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureRequest } from '@vigie/hardware/camera/camera';
import { cameraHolders } from '@vigie/hardware/camera/camera-holders';
import { createGphoto2, type Gphoto2Options } from '@vigie/hardware/camera/gphoto2';
import { expect, onTestFinished, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { virtualCamera } from '../../support/virtual-camera/virtual-camera.ts';

async function set(options: Partial<Gphoto2Options> = {}) {
  const virtual = await virtualCamera();
  const jpeg = await jpegPicture();
  await virtual.put(jpeg);
  const environment = { ...process.env, ...virtual.environment };
  const camera = createGphoto2({ timeLimitMs: 20_000, keepOnCard: true, environment, ...options });
  onTestFinished(() => camera[Symbol.asyncDispose]());
  return { camera, jpeg, virtual, environment };
}

async function request(): Promise<CaptureRequest> {
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  return { folder, at: Date.UTC(2026, 0, 1), zone: 'UTC', source: 'summit', sequence: 1 };
}

test('the picture arrives byte for byte, and the camera tells its model', async () => {
  const { camera, jpeg } = await set();
  const [file] = await camera.capture(await request());
  expect(await readFile(file?.path as string)).toEqual(jpeg);
  expect(camera.description).toBe('Nikon DSC D750');
});

test('no camera on the bus: camera-absent, and captures go on when it is back', async () => {
  const { camera, virtual } = await set();
  await virtual.control.set('absent');
  await expect(camera.capture(await request())).rejects.toMatchObject({
    code: 'camera-absent',
    retryable: true,
    hint: expect.stringContaining('cable'),
  });
  await virtual.control.clear('absent');
  expect(await camera.capture(await request())).toHaveLength(1);
});

test('the camera comes back at another address: the next capture finds it', async () => {
  const { camera, virtual } = await set();
  expect(await camera.capture(await request())).toHaveLength(1);
  await virtual.control.set('address', '7');
  expect(await camera.capture(await request())).toHaveLength(1);
});

test('a camera that hangs is stopped at the time limit, and the next capture works', async () => {
  const { camera, virtual } = await set({ timeLimitMs: 3_000 });
  await virtual.control.set('hang');
  const wanted = await request();
  const begin = performance.now();
  await expect(camera.capture(wanted)).rejects.toMatchObject({ code: 'camera-timeout', retryable: true });
  expect(performance.now() - begin).toBeLessThan(9_000);
  expect(await readdir(wanted.folder)).toEqual([]);
  await virtual.control.clear('hang');
  expect(await camera.capture(await request())).toHaveLength(1);
});

test('a camera that is busy for ever meets the time limit, and the next capture works', async () => {
  const { camera, virtual } = await set({ timeLimitMs: 3_000 });
  await virtual.control.set('fail', '2019');
  // libgphoto2 2.5.30 never returns from this refusal, later ones tell it.
  await expect(camera.capture(await request())).rejects.toMatchObject({
    code: expect.stringMatching(/^camera-(timeout|busy|refused)$/),
    retryable: true,
  });
  expect(await virtual.control.captures()).toContain('2019');
  await virtual.control.clear('fail');
  expect(await camera.capture(await request())).toHaveLength(1);
});

test('a full store: camera-refused, with what to do', async () => {
  const { camera, virtual } = await set();
  await virtual.control.set('full');
  await expect(camera.capture(await request())).rejects.toMatchObject({
    code: 'camera-refused',
    hint: expect.stringContaining('card'),
  });
});

test('a camera that is unplugged in the middle of a capture: an error, and no file', async () => {
  const { camera, virtual } = await set({ timeLimitMs: 10_000 });
  await virtual.control.set('delay-ms', '2000');
  const wanted = await request();
  const capture = camera.capture(wanted).catch((error: unknown) => error);
  await until('the capture has begun', async () => (await virtual.control.captures()).length > 0);
  await virtual.control.set('absent');
  expect(await capture).toMatchObject({ code: expect.stringMatching(/^camera-/), retryable: true });
  expect(await readdir(wanted.folder)).toEqual([]);
});

test('a process that crashes is told as camera-crashed with its last words', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'crash.js');
  await writeFile(script, `process.stderr.write('double free or corruption: error\\n'); process.abort();`);
  const { camera } = await set({ child: { command: process.execPath, args: [script] } });
  await expect(camera.capture(await request())).rejects.toMatchObject({
    code: 'camera-crashed',
    message: expect.stringContaining('double free'),
  });
  const { camera: absent } = await set({ child: { command: join(folder, 'nothing-here'), args: [] } });
  await expect(absent.capture(await request())).rejects.toMatchObject({
    code: 'camera-crashed',
    message: expect.stringContaining('nothing-here'),
  });
});

test('a capture that announces more files than one gives all of them by their content', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'two.cjs');
  const raf = join(folder, 'raf');
  await writeFile(raf, 'FUJIFILMCCD-RAW 0201');
  await writeFile(join(folder, 'jpg'), await jpegPicture());
  await writeFile(
    script,
    `const { copyFileSync } = require('node:fs');
     const folder = process.argv[2];
     copyFileSync(${JSON.stringify(raf)}, folder + '/AAAAAA');
     copyFileSync(${JSON.stringify(join(folder, 'jpg'))}, folder + '/BBBBBB');
     process.stdout.write(JSON.stringify({ path: folder + '/AAAAAA', model: 'X' }) + '\\n');`,
  );
  const { camera } = await set({ child: { command: process.execPath, args: [script] } });
  const files = await camera.capture(await request());
  expect(files.map((file) => file.extension)).toEqual(['raf', 'jpg']);
});

test('a capturing process ends when the one that started it is gone', async () => {
  const { virtual, environment } = await set();
  await virtual.control.set('hang');
  const wanted = await request();
  const script = new URL('../../../hardware/src/camera/gphoto2-capture.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, wanted.folder, 'keep'], { env: environment });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  await until('the add-on is loaded', async () =>
    (await readFile(`/proc/${child.pid}/maps`, 'utf8')).includes('vusb.so'),
  );
  child.stdin.end();
  expect(await ended).toBe('SIGKILL');
});

test('programs that are known to hold cameras are named', async () => {
  const program = join(await tempFolder(), 'gvfsd-gphoto2');
  await copyFile('/bin/sleep', program);
  const child = spawn(program, ['60'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await until('it is named', async () => (await cameraHolders()).includes(`gvfsd-gphoto2 (${child.pid})`), 5_000);
});
