import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { captureRequest, gphotoSet, rawPicture } from '../../support/virtual-camera/gphoto2.ts';

/** A camera that is set to RAW and JPEG. */
async function rawAndJpeg(options: Parameters<typeof gphotoSet>[0] = {}) {
  const set = await gphotoSet({ settings: { imagequality: 'NEF+Fine' }, ...options });
  const raw = rawPicture();
  await set.virtual.putRaw(raw);
  return { ...set, raw };
}

test.each([
  ['before the camera says that the capture is complete', undefined],
  ['after that', '400'],
])('RAW and JPEG are one capture, also when the second is announced %s', async (_, secondMs) => {
  const { camera, virtual, jpeg, raw } = await rawAndJpeg();
  if (secondMs !== undefined) await virtual.control.set('second-ms', secondMs);
  const wanted = await captureRequest();
  const files = await camera.capture(wanted);
  const byExtension = new Map(files.map(({ extension, path }) => [extension, path]));
  expect([...byExtension.keys()].sort()).toEqual(['jpg', 'nef']);
  expect(await readFile(byExtension.get('jpg') as string)).toEqual(jpeg);
  expect(await readFile(byExtension.get('nef') as string)).toEqual(raw);
  expect((await readdir(wanted.folder)).sort()).toEqual(files.map(({ path }) => path.split('/').at(-1)).sort());
  expect(await virtual.control.captures()).toEqual(['2001']);
});

test('one of two files is missing: the capture has failed and says so, and what came is kept', async () => {
  const { camera, virtual, raw } = await rawAndJpeg({ filesLimitMs: 1_000 });
  await virtual.control.set('second-ms', '-1');
  const wanted = await captureRequest();
  await expect(camera.capture(wanted)).rejects.toMatchObject({
    code: 'camera-incomplete',
    retryable: true,
    message: expect.stringContaining('1 of 2 files came ("GPH_0099.NEF")'),
  });
  const [left] = await readdir(wanted.folder);
  expect(await readFile(join(wanted.folder, left as string))).toEqual(raw);
  await virtual.control.clear('second-ms');
  expect(await camera.capture(await captureRequest())).toHaveLength(2);
});

test('the camera hangs while the second file is read: the first one is not lost', async () => {
  const { camera, virtual, raw } = await rawAndJpeg({ timeLimitMs: 5_000 });
  await virtual.control.set('second-ms', '400');
  await virtual.control.set('stall-object', '2');
  const wanted = await captureRequest();
  await expect(camera.capture(wanted)).rejects.toMatchObject({ code: 'camera-timeout' });
  const names = await readdir(wanted.folder);
  expect(names).toHaveLength(1);
  expect(await readFile(join(wanted.folder, names[0] as string))).toEqual(raw);
});

test('a camera that was set to RAW and JPEG by hand: both files come from the very first capture on', async () => {
  const { camera, virtual, jpeg, raw } = await rawAndJpeg({ settings: {} });
  await virtual.control.set('property-5004', '7');
  for (let captures = 0; captures < 2; captures++) {
    const files = await camera.capture(await captureRequest());
    const bytes = await Promise.all(files.map(({ path }) => readFile(path)));
    expect(bytes).toHaveLength(2);
    expect(bytes).toContainEqual(jpeg);
    expect(bytes).toContainEqual(raw);
  }
});

test('a format that is changed by hand counts as soon as the camera is asked again', async () => {
  const { camera, virtual } = await rawAndJpeg({ settings: {}, conditionEveryMs: 60_000 });
  const at = Date.UTC(2026, 0, 1);
  expect(await camera.capture(await captureRequest(at))).toHaveLength(1);
  await virtual.control.set('property-5004', '7');
  // The add-on tells of one file; the other one stays on the card.
  expect(await camera.capture(await captureRequest(at + 60_000))).toHaveLength(1);
  await until('the camera was asked', () => camera.condition?.()?.at === at + 60_000);
  expect(await camera.capture(await captureRequest(at + 61_000))).toHaveLength(2);
});

test('where no session works, the add-on takes plain pictures still', async () => {
  const folder = await tempFolder();
  const script = join(folder, 'no-session.cjs');
  const own = new URL('../../../hardware/src/camera/gphoto2-capture.ts', import.meta.url).pathname;
  await writeFile(
    script,
    `if (process.argv[2] === 'session') process.abort();
     const child = require('node:child_process').spawnSync(process.execPath, [${JSON.stringify(own)}, ...process.argv.slice(2)], { stdio: 'inherit' });
     process.exit(child.status);`,
  );
  const { camera } = await gphotoSet({ child: { command: process.execPath, args: [script] } });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({ code: 'camera-crashed' });
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('the number of files can be said, for a camera that does not tell it', async () => {
  const { camera, virtual } = await rawAndJpeg({ settings: {}, files: 2 });
  await virtual.control.set('property-5004', '7');
  expect(await camera.capture(await captureRequest())).toHaveLength(2);
});

test('RAW alone is one file', async () => {
  const { camera, raw } = await rawAndJpeg({ settings: { imagequality: 'NEF (Raw)' } });
  const files = await camera.capture(await captureRequest());
  expect(files.map(({ extension }) => extension)).toEqual(['nef']);
  expect(await readFile(files[0]?.path as string)).toEqual(raw);
});
