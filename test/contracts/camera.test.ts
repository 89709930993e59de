import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera, CaptureRequest } from '@vigie/hardware/camera/camera';
import { createGphoto2 } from '@vigie/hardware/camera/gphoto2';
import { createTestPicture } from '@vigie/hardware/camera/test-picture';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import { describe, expect, test } from 'vitest';
import { fontFile } from '../support/font.ts';
import { decodes, jpegPicture } from '../support/picture.ts';
import { tempFolder } from '../support/temp.ts';
import { virtualCamera } from '../support/virtual-camera/virtual-camera.ts';

/** What every camera must do, whatever its technology. */
const cameras: Record<string, () => Promise<Camera>> = {
  'test picture': async () =>
    createTestPicture({ width: 320, height: 240, bytes: 60_000, fontFile, draw: drawTestPicture }),
  gphoto2: async () => {
    const { put, environment } = await virtualCamera();
    await put(await jpegPicture());
    return createGphoto2({
      timeLimitMs: 20_000,
      keepOnCard: true,
      environment: { ...process.env, ...environment },
    });
  },
};

async function request(sequence = 1): Promise<CaptureRequest> {
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  return { folder, at: Date.UTC(2026, 4, 3, 10, 20, 30), zone: 'Europe/Paris', source: 'summit', sequence };
}

describe.each(Object.entries(cameras))('camera contract: %s', (_, open) => {
  test('a capture gives complete files with their extension, and nothing else in the folder', async () => {
    await using camera = await open();
    const wanted = await request();
    const files = await camera.capture(wanted);
    expect(files).toHaveLength(1);
    const [file] = files as [{ path: string; extension: string }];
    expect(file.extension).toBe('jpg');
    expect(file.path.endsWith('.jpg')).toBe(true);
    expect(await readdir(wanted.folder)).toEqual([file.path.slice(wanted.folder.length + 1)]);
    expect(await decodes(await readFile(file.path))).toBe(true);
    expect(camera.description).not.toBe('');
  });

  test('captures follow one another', async () => {
    await using camera = await open();
    for (const sequence of [1, 2, 3]) expect(await camera.capture(await request(sequence))).toHaveLength(1);
  });

  test('a second capture while one runs is refused as camera-busy and does not disturb the first', async () => {
    await using camera = await open();
    const first = camera.capture(await request(1));
    await expect(camera.capture(await request(2))).rejects.toMatchObject({ code: 'camera-busy', retryable: true });
    expect(await first).toHaveLength(1);
    expect(await camera.capture(await request(3))).toHaveLength(1);
  });

  test('an aborted capture throws the reason, leaves no file, and the next one works', async () => {
    await using camera = await open();
    const wanted = await request();
    const abort = new AbortController();
    const capture = camera.capture(wanted, abort.signal);
    const reason = new Error('the source was stopped');
    abort.abort(reason);
    await expect(capture).rejects.toBe(reason);
    expect(await readdir(wanted.folder)).toEqual([]);
    await expect(camera.capture(wanted, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await camera.capture(wanted)).toHaveLength(1);
  });
});
