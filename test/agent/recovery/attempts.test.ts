import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAttempts } from '@vigie/agent/recovery/attempts';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { scriptedCamera } from './set.ts';

async function set(script: string[]) {
  const camera = scriptedCamera(script);
  const attempts = createAttempts({
    open() {
      camera.opened += 1;
      return camera;
    },
    limitMs: 200,
    lastWaitMs: 100,
    clock: systemClock,
    log: silentLog,
  });
  onTestFinished(() => attempts[Symbol.asyncDispose]());
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  const request = { folder, at: 0, zone: 'UTC', source: 'garden', sequence: 1 };
  return { camera, attempts, request, never: new AbortController().signal };
}

test('a camera that hangs is stopped at the limit, and stays open where it has stopped', async () => {
  const { camera, attempts, request, never } = await set(['hang']);
  const begin = performance.now();
  await expect(attempts.attempt(request, never)).rejects.toMatchObject({ code: 'camera-timeout', retryable: true });
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect(camera.opened).toBe(1);
  expect(await attempts.attempt(request, never)).toHaveLength(1);
});

test('one that does not stop is left alone, and another one is opened', async () => {
  const { camera, attempts, request, never } = await set(['stuck']);
  const begin = performance.now();
  await expect(attempts.attempt(request, never)).rejects.toMatchObject({ code: 'camera-timeout' });
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect(camera.opened).toBe(2);
  expect(await attempts.attempt(request, never)).toHaveLength(1);
});

test('an abort is passed on, also to one that does not stop', async () => {
  const { attempts, request } = await set(['hang', 'stuck']);
  for (let i = 0; i < 2; i++) {
    const abort = new AbortController();
    const capture = attempts.attempt(request, abort.signal);
    const reason = new Error('the agent stops');
    abort.abort(reason);
    await expect(capture).rejects.toBe(reason);
  }
});

test('a file without a byte is removed and told, one that came before a failure stays', async () => {
  const { attempts, request, never } = await set(['empty', 'partial']);
  await expect(attempts.attempt(request, never)).rejects.toMatchObject({ code: 'camera-crashed' });
  expect(await readdir(request.folder)).toEqual([]);
  await expect(attempts.attempt(request, never)).rejects.toMatchObject({ code: 'camera-absent' });
  expect(await readdir(request.folder)).toEqual(['1-2']);
});
