import { readdir, readFile } from 'node:fs/promises';
import { systemClock } from '@vigie/shared/kit/clock';
import type { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect, test } from 'vitest';
import { captureRequest } from '../support/capture-request.ts';
import { failedCapture } from '../support/failed-capture.ts';
import { decodes } from '../support/picture.ts';
import { type Fault, STANDS, type Stand } from './camera-stands.ts';

/** What every camera must do, whatever its technology. */
describe.each(Object.entries(STANDS))('camera contract: %s', (_, open) => {
  async function works({ camera, offer }: Stand, one = camera()): Promise<void> {
    await offer?.();
    expect(await one.capture(await captureRequest())).toHaveLength(1);
  }

  /** A capture that fails as the port says, with nothing left behind. */
  async function fails(stand: Stand, camera = stand.camera()): Promise<VigieError> {
    const error = await failedCapture(camera);
    expect(error.code).toMatch(/^camera-(absent|busy|timeout|refused|crashed|incomplete)$/);
    return error;
  }

  test('a capture gives complete files with their extension, and nothing else in the folder; captures follow one another', async () => {
    const stand = await open();
    await using camera = stand.camera();
    await stand.offer?.();
    const request = await captureRequest();
    const files = await camera.capture(request);
    expect(files).toHaveLength(1);
    const [file] = files as [{ path: string; extension: string }];
    expect(file.extension).toBe('jpg');
    expect(file.path.endsWith('.jpg')).toBe(true);
    expect(await readdir(request.folder)).toEqual([file.path.slice(request.folder.length + 1)]);
    expect(await decodes(await readFile(file.path))).toBe(true);
    expect(camera.description).not.toBe('');
    await works(stand, camera);
  });

  test('a second capture while one runs is refused as camera-busy and does not disturb the first', async () => {
    const stand = await open();
    await using camera = stand.camera();
    await stand.offer?.();
    const first = camera.capture(await captureRequest());
    await expect(camera.capture(await captureRequest({ sequence: 2 }))).rejects.toMatchObject({
      code: 'camera-busy',
      retryable: true,
      hint: expect.stringMatching(/\w/),
    });
    expect(await first).toHaveLength(1);
    await works(stand, camera);
  });

  test('an aborted capture throws the reason, leaves no file, and the next one works', async () => {
    const stand = await open();
    await using camera = stand.camera();
    await stand.offer?.();
    const request = await captureRequest();
    const abort = new AbortController();
    const capture = camera.capture(request, abort.signal);
    const reason = new Error('the source was stopped');
    abort.abort(reason);
    await expect(capture).rejects.toBe(reason);
    expect(await readdir(request.folder)).toEqual([]);
    await expect(camera.capture(request, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await camera.capture(request)).toHaveLength(1);
  });

  test('a capture that hangs is stopped at its time limit; closing stops one and waits for its end', async () => {
    const stand = await open();
    await using camera = stand.camera(stand.shortLimitMs);
    await stand.begin('hang');
    const begin = performance.now();
    expect((await fails(stand, camera)).code).toBe('camera-timeout');
    expect(performance.now() - begin).toBeGreaterThan(stand.shortLimitMs - 50);
    expect(performance.now() - begin).toBeLessThan(stand.shortLimitMs + 4_000);

    const other = stand.camera();
    const request = await captureRequest();
    const capture = other.capture(request).catch((error: unknown) => error);
    await other[Symbol.asyncDispose]();
    // Whoever waits for the capture hears of its end right after.
    expect(await Promise.race([capture, systemClock.sleep(500)])).toMatchObject({ code: 'camera-closed' });
    expect(await readdir(request.folder)).toEqual([]);

    await stand.mend();
    await works(stand);
  });

  test.each<[Fault]>([['absent'], ['empty']])(
    'fault %s: told, nothing left behind, and it works again',
    async (fault) => {
      const stand = await open();
      await using camera = stand.camera();
      await stand.begin(fault);
      const error = await fails(stand, camera);
      if (fault === 'absent') expect(error.code).toBe(stand.absent);
      else expect(error.code).toMatch(/^camera-(crashed|refused|incomplete)$/);
      await stand.mend();
      await works(stand, camera);
    },
  );
});
