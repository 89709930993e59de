import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cameraHolders } from '@vigie/hardware/camera/camera-holders';
import type { Gphoto2Options } from '@vigie/hardware/camera/gphoto2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { captureRequest, gphotoSet } from '../../support/virtual-camera/gphoto2.ts';

/** Both ways of taking a picture meet the same faults. */
const ways: Record<string, Partial<Gphoto2Options>> = {
  'add-on': { files: 1 },
  session: { settings: { iso: '200' } },
};
const fromCamera = { code: expect.stringMatching(/^camera-/), retryable: true };

describe.each(Object.entries(ways))('%s', (_, way) => {
  const set = (options: Partial<Gphoto2Options> = {}) => gphotoSet({ ...way, ...options });

  test('the picture arrives byte for byte, and the camera tells its model', async () => {
    const { camera, jpeg } = await set();
    const [file] = await camera.capture(await captureRequest());
    expect(await readFile(file?.path as string)).toEqual(jpeg);
    expect(camera.description).toBe('Nikon DSC D750');
  });

  test('absent: camera-absent, and captures go on when it is back', async () => {
    const { camera, virtual } = await set();
    await virtual.control.set('absent');
    await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
      code: 'camera-absent',
      retryable: true,
      hint: expect.stringContaining('cable'),
    });
    await virtual.control.clear('absent');
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('new address: the next capture finds it', async () => {
    const { camera, virtual } = await set();
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
    await virtual.control.set('address', '7');
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('hang: it is stopped at the time limit, and the next capture works', async () => {
    const { camera, open, virtual } = await set();
    await virtual.control.set('hang');
    const wanted = await captureRequest();
    const begin = performance.now();
    await expect(open({ timeLimitMs: 1_500 }).capture(wanted)).rejects.toMatchObject({
      code: 'camera-timeout',
      retryable: true,
    });
    expect(performance.now() - begin).toBeLessThan(7_500);
    expect(await readdir(wanted.folder)).toEqual([]);
    await virtual.control.clear('hang');
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('refusal: a camera that is busy for ever meets the time limit, and the next capture works', async () => {
    const { camera, open, virtual } = await set();
    await virtual.control.set('fail', '2019');
    const refusing = open({ timeLimitMs: 4_000 });
    // libgphoto2 2.5.30 never returns from this refusal, later ones tell it.
    await expect(refusing.capture(await captureRequest())).rejects.toMatchObject({
      code: expect.stringMatching(/^camera-(timeout|busy|refused)$/),
      retryable: true,
    });
    expect(await virtual.control.captures()).toContain('2019');
    await virtual.control.clear('fail');
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('full card: card-full with what to do, and captures go on when there is room', async () => {
    const { camera, virtual } = await set();
    await virtual.control.set('full');
    await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
      code: 'card-full',
      retryable: true,
      hint: expect.stringContaining('Empty or replace the memory card'),
    });
    await virtual.control.clear('full');
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('0 bytes: an error, and no file; the next capture works', async () => {
    const { camera, virtual, jpeg } = await set();
    await virtual.put(Buffer.alloc(0));
    const wanted = await captureRequest();
    await expect(camera.capture(wanted)).rejects.toMatchObject(fromCamera);
    expect(await readdir(wanted.folder)).toEqual([]);
    await virtual.put(jpeg);
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test('wrong file: what the camera gives is handed on under a name that tells no picture', async () => {
    const { camera, virtual } = await set();
    await virtual.put(Buffer.from('This is no picture.'));
    const [file] = await camera.capture(await captureRequest());
    expect(file?.extension).toBe('raw');
    expect(await readFile(file?.path as string, 'utf8')).toBe('This is no picture.');
  });

  test('slow: within the time limit it is a capture like any other', async () => {
    const { camera, virtual, jpeg } = await set();
    await virtual.control.set('delay-ms', '800');
    const [file] = await camera.capture(await captureRequest());
    expect(await readFile(file?.path as string)).toEqual(jpeg);
  });

  test('unplugged in the middle of a capture: an error, and no file', async () => {
    const { camera, virtual } = await set({ timeLimitMs: 10_000 });
    await virtual.control.set('delay-ms', '1200');
    const wanted = await captureRequest();
    const capture = camera.capture(wanted).catch((error: unknown) => error);
    await until('the capture has begun', async () => (await virtual.control.captures()).length > 0);
    await virtual.control.set('absent');
    expect(await capture).toMatchObject(fromCamera);
    expect(await readdir(wanted.folder)).toEqual([]);
  });
});

test('a process that crashes is told as camera-crashed with its last words', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'crash.js');
  await writeFile(script, `process.stderr.write('double free or corruption: error\\n'); process.abort();`);
  const { camera } = await gphotoSet({ child: { command: process.execPath, args: [script] } });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-crashed',
    message: expect.stringContaining('double free'),
  });
  const { camera: absent } = await gphotoSet({ child: { command: join(folder, 'nothing-here'), args: [] } });
  await expect(absent.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-crashed',
    message: expect.stringContaining('nothing-here'),
  });
});

test('an error does not take away what the camera has given', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'late.cjs');
  await writeFile(
    script,
    `const { writeFileSync } = require('node:fs');
     writeFileSync(process.argv[3] + '/AAAAAA', 'a picture');
     writeFileSync(process.argv[3] + '/BBBBBB', '');
     const body = { model: 'X', port: 'usb:001,001' };
     process.stdout.write(JSON.stringify({ error: -7, body, found: [body] }) + '\\n');`,
  );
  const { camera } = await gphotoSet({ files: 1, child: { command: process.execPath, args: [script] } });
  const wanted = await captureRequest();
  await expect(camera.capture(wanted)).rejects.toMatchObject({ code: 'camera-absent' });
  expect(await readdir(wanted.folder)).toEqual(['AAAAAA']);
});

test('a session that crashes after its pictures were safe has taken them', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'crash-late.cjs');
  await writeFile(
    script,
    `const { writeFileSync } = require('node:fs');
     const order = JSON.parse(process.argv[3]);
     writeFileSync(order.capture.folder + '/01-A.JPG', 'a picture');
     const body = { model: 'X', port: 'usb:001,001' };
     process.stdout.write(JSON.stringify({ found: [body], body, files: [{ name: '01-A.JPG' }], released: [] }) + '\\n', () => process.abort());`,
  );
  const { camera } = await gphotoSet({
    settings: { iso: '100' },
    child: { command: process.execPath, args: [script] },
  });
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test.each([
  ['capture', (folder: string) => folder],
  ['session', (folder: string) => JSON.stringify({ choice: {}, settings: {}, condition: true, folder })],
])('a process that works with the camera ends when the one that started it is gone: %s', async (what, order) => {
  const { virtual, environment } = await gphotoSet();
  await virtual.control.set('hang');
  const wanted = await captureRequest();
  const script = new URL('../../../hardware/src/camera/gphoto2-capture.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, what, order(wanted.folder)], { env: environment });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  await until('libgphoto2 is loaded', async () =>
    (await readFile(`/proc/${child.pid}/maps`, 'utf8')).includes('vusb.so'),
  );
  child.stdin.end();
  expect(await ended).toBe('SIGKILL');
});

test('programs that are known to hold cameras are named', async () => {
  const program = join(await tempFolder(), 'gvfsd-gphoto2');
  await copyFile('/bin/sleep', program);
  // This process's own children are not foreign: a shell stands between.
  const shell = spawn('sh', ['-c', `"${program}" 60 & echo $!; wait`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [told] = (await once(shell.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const pid = Number(told.toString());
  onTestFinished(() => {
    process.kill(pid, 'SIGKILL');
  });
  await until('it is named', async () => (await cameraHolders()).includes(`gvfsd-gphoto2 (${pid})`), 5_000);
});
