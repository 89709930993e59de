import { readdir, readFile } from 'node:fs/promises';
import { createRtsp, type RtspOptions } from '@vigie/hardware/camera/rtsp';
import { withoutSecrets } from '@vigie/hardware/camera/rtsp-errors';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { captureRequest } from '../../support/capture-request.ts';
import { failedCapture } from '../../support/failed-capture.ts';
import { decodes } from '../../support/picture.ts';
import { rtspServer, type SignIn } from '../../support/rtsp/rtsp-server.ts';
import { until } from '../../support/temp.ts';

const USER = 'view@er';
const PASSWORD = "pa ss/ö:'1'";
const signedIn = () => ({ user: USER, password: PASSWORD });

async function set(options: Partial<RtspOptions> = {}, method?: SignIn['method']) {
  const server = await rtspServer(method && { user: USER, password: PASSWORD, method });
  const camera = createRtsp({
    url: server.url,
    transport: 'tcp',
    quality: 2,
    keyFrame: true,
    command: 'ffmpeg',
    timeLimitMs: 20_000,
    ...(method ? { credentials: signedIn } : {}),
    ...options,
  });
  onTestFinished(() => camera[Symbol.asyncDispose]());
  return { camera, server };
}

test.each<[SignIn['method'] | undefined]>([[undefined], ['basic'], ['digest']])(
  'one frame of a real server, sign-in: %s',
  async (method) => {
    const { camera, server } = await set({}, method);
    const [file] = await camera.capture(await captureRequest());
    const jpeg = await readFile(file?.path as string);
    expect(await decodes(jpeg)).toBe(true);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 240 });
    expect(camera.description).toBe(`rtsp ${new URL(server.url).host}`);
  },
);

test('user and password are in no argument of a running process, and in no error', async () => {
  const { camera, server } = await set({ timeLimitMs: 4_000 }, 'digest');
  server.pause();
  const capture = failedCapture(camera);
  const lines = await until('ffmpeg runs', async () => {
    const found = await commandLines();
    return found.some((line) => line.startsWith('ffmpeg')) && found;
  });
  server.resume();
  await server.kill();
  const own = lines.filter((line) => /^(setpriv|ffmpeg)/.test(line));
  expect(own.length).toBeGreaterThan(0);
  for (const line of own) expect(line).not.toMatch(/pa(%20| )ss|view/);
  const error = await capture;
  expect(`${error.message} ${error.hint} ${error.stack}`).not.toMatch(/pa(%20| )ss|view/);
});

test('a wrong password: refused, with what to check, and nothing of it is told', async () => {
  const { camera } = await set({ credentials: () => ({ user: USER, password: 'not this one' }) }, 'digest');
  const error = await failedCapture(camera);
  expect(error).toMatchObject({ code: 'camera-refused', hint: expect.stringContaining('passwordFile') });
  expect(`${error.message} ${error.stack}`).not.toMatch(/not(%20| )this/);
});

test('no stream at this address, and no server', async () => {
  const { camera, server } = await set({ timeLimitMs: 5_000 });
  await server.serve('nothing');
  expect(await failedCapture(camera)).toMatchObject({
    code: 'camera-refused',
    hint: expect.stringContaining('address'),
  });
  await server.kill();
  expect(await failedCapture(camera)).toMatchObject({ code: 'camera-absent' });
  await server.start();
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('a stream without a frame meets the time limit, and ffmpeg is gone', async () => {
  const { camera, server } = await set({ timeLimitMs: 1_500 });
  await server.serve('silent');
  const begin = performance.now();
  expect(await failedCapture(camera)).toMatchObject({ code: 'camera-timeout' });
  expect(performance.now() - begin).toBeLessThan(4_000);
  await until('ffmpeg is gone', async () => !(await commandLines()).some((line) => line.startsWith('ffmpeg')), 5_000);
});

test('a server that dies in the middle of the stream: an error, no file, and the next capture works', async () => {
  const { camera, server } = await set({ timeLimitMs: 5_000 });
  await server.serve('silent');
  const capture = failedCapture(camera);
  await until('ffmpeg runs', async () => (await commandLines()).some((line) => line.startsWith('ffmpeg')));
  await server.kill();
  expect((await capture).code).toMatch(/^camera-(crashed|refused|absent|timeout)$/);
  await server.start();
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('no ffmpeg: the hint says so', async () => {
  const { camera } = await set({ command: 'no-such-ffmpeg' });
  expect(await failedCapture(camera)).toMatchObject({
    code: 'camera-refused',
    message: expect.stringContaining('no-such-ffmpeg'),
  });
});

test('secrets are blotted out, as they are and as an address writes them', () => {
  const text = `rtsp://me:pa%20ss%2F%C3%B6%3A'1'@10.0.0.1/x failed; ${PASSWORD}; ${encodeURIComponent(PASSWORD)}`;
  expect(withoutSecrets(text, PASSWORD)).not.toMatch(/pa(%20| )ss/);
  expect(withoutSecrets('rtsp://a:b@c/d', undefined)).toBe('rtsp://c/d');
});

/** The arguments of all processes on this machine. */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' '));
}
