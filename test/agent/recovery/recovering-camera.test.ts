import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { until } from '../../support/temp.ts';
import { usbBus } from '../../support/usb-bus.ts';
import { recoverySet } from './set.ts';

const copy = { serial: '1', card: 'CARD-A', folder: '/', name: 'A.JPG', bytes: 1, modifiedAt: 0, sha256: '00' };

test('a picture at once: nothing is told, and the picture is the slot’s', async () => {
  const { camera, request, told } = await recoverySet([]);
  const [file] = await camera.capture(await request());
  expect(file).not.toHaveProperty('takenAt');
  expect(told()).toEqual([]);
});

test('a camera that fails twice is tried again within its slot; the picture tells when it was taken', async () => {
  const { camera, scripted, request, told, messages } = await recoverySet(['camera-refused', 'camera-crashed'], {
    config: { retries: 2 },
  });
  const before = Date.now();
  const wanted = await request();
  const [file] = await camera.capture(wanted);
  expect(file?.takenAt).toBeGreaterThanOrEqual(before);
  expect(await readdir(wanted.folder)).toHaveLength(1);
  expect(scripted.captures).toBe(3);
  expect(told()).toEqual(['retry failed', 'retry recovered']);
  expect(messages()[1]).toMatch(/picture again after 2 failures/);
});

test('rungs are climbed in order within one capture, each told with what came of it', async () => {
  let cycles = 0;
  const bus = await usbBus();
  await bus.plug({ port: '1-1.2', name: 'NIKON DSC D750' });
  const { camera, scripted, request, told, messages } = await recoverySet(
    ['camera-timeout', 'camera-timeout', 'camera-absent', 'camera-absent'],
    {
      type: 'gphoto2',
      sys: bus.sys,
      async powerCycle() {
        cycles += 1;
      },
    },
  );
  await camera.capture(await request());
  expect(told()).toEqual([
    'kill failed',
    'retry failed',
    'redetect failed',
    'usb-reauthorise failed',
    'power-cycle recovered',
  ]);
  expect(bus.switched).toEqual(['1-1.2 off', '1-1.2 on']);
  expect(cycles).toBe(1);
  expect(scripted.opened).toBe(2);
  expect(messages()[2]).toContain('"NIKON DSC D750" is at 1-1.2');
});

test('a rung that has nothing to work on is told as not possible, and the next one follows', async () => {
  const bus = await usbBus();
  const { camera, request, told } = await recoverySet(
    ['camera-absent', 'camera-absent', 'camera-absent', 'camera-absent'],
    {
      type: 'gphoto2',
      sys: bus.sys,
      powerCycle: async () => undefined,
    },
  );
  await camera.capture(await request());
  expect(told()).toEqual(['retry failed', 'redetect failed', 'usb-reauthorise not-possible', 'power-cycle recovered']);
});

test('a picture after a rung that could not be used is not that rung’s', async () => {
  const bus = await usbBus();
  const { camera, request, told } = await recoverySet(['camera-absent'], {
    type: 'gphoto2',
    sys: bus.sys,
    config: { retries: 0, redetect: { allowed: false } },
  });
  await camera.capture(await request());
  expect(told()).toEqual(['usb-reauthorise not-possible', 'retry recovered']);
});

test('where the next slot is near a capture fails with the camera’s own words, and the next one goes on up the ladder', async () => {
  const failures = Array.from({ length: 4 }, () => 'camera-timeout');
  const { camera, request, told, scripted } = await recoverySet(failures, {
    roomMs: () => 0,
    powerCycle: async () => undefined,
  });
  for (let slot = 0; slot < 4; slot++) {
    await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'camera-timeout' });
    expect(scripted.captures).toBe(slot + 1);
  }
  await camera.capture(await request());
  // The slots' own attempts are no rungs: what was done besides is told.
  expect(told()).toEqual(['kill failed', 'redetect failed', 'power-cycle failed', 'retry recovered']);
});

test('a capture within its budget ends with the budget', async () => {
  const script = Array.from({ length: 10_000 }, () => 'camera-refused');
  const { camera, request } = await recoverySet(script, { config: { budget: '300ms' } });
  const begin = performance.now();
  await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'camera-refused' });
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect(script.length).toBeLessThan(9_999);
});

test('a full card is only tried again: nothing is done to the camera for it, slot after slot', async () => {
  const cycles: number[] = [];
  const { camera, scripted, request, told } = await recoverySet(
    Array.from({ length: 10_000 }, () => 'card-full'),
    { config: { budget: '200ms', powerCycle: { cooldown: '0s' } }, powerCycle: async () => void cycles.push(1) },
  );
  for (let slot = 0; slot < 3; slot++) {
    await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'card-full' });
  }
  expect(scripted.captures).toBeGreaterThan(3);
  expect(scripted.opened).toBeLessThan(2);
  expect(cycles).toEqual([]);
  expect(told().filter((words) => /redetect|usb|power/.test(words))).toEqual([]);
});

test('a full card is cleared while a capture waits for room on it, and between captures; the capture goes on then', async () => {
  const { camera, scripted, request, told } = await recoverySet(['card-full', 'card-full'], {
    config: { pauseFrom: '300ms', pauseUpTo: '300ms', budget: '2s' },
    card: true,
  });
  const capture = camera.capture(await request());
  await until('it waits for room', () => camera.awaitsRoom?.());
  expect(await camera.release?.([copy])).toEqual(['deleted']);
  expect(await capture).toHaveLength(1);
  expect(scripted.overlaps).toBe(0);
  expect(told()).toEqual(['retry failed', 'retry recovered']);

  const between = { config: { budget: '1ms' }, card: true };
  const full = await recoverySet(['card-full'], between);
  await expect(full.camera.capture(await full.request())).rejects.toMatchObject({ code: 'card-full' });
  expect(await full.camera.release?.([copy])).toEqual(['deleted']);
  // After another failure the camera is left alone.
  const away = await recoverySet(['camera-absent'], between);
  await expect(away.camera.capture(await away.request())).rejects.toMatchObject({ code: 'camera-absent' });
  await expect(away.camera.release?.([copy])).rejects.toMatchObject({ code: 'camera-busy' });
});

test('a failure that is not the camera’s is thrown at once', async () => {
  const { camera, scripted, request, told } = await recoverySet(['ENOSPC']);
  await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(scripted.captures).toBe(1);
  expect(told()).toEqual([]);
});

test('a file without a byte is no picture: it is taken again', async () => {
  const { camera, request, told } = await recoverySet(['empty']);
  const wanted = await request();
  expect(await camera.capture(wanted)).toHaveLength(1);
  expect(await readdir(wanted.folder)).toEqual(['1-2']);
  expect(told()).toEqual(['retry recovered']);
});

test('what came before a failure is not touched: it is handed over before the camera is tried again', async () => {
  const { camera, scripted, request } = await recoverySet(['partial']);
  const wanted = await request();
  await expect(camera.capture(wanted)).rejects.toMatchObject({ code: 'camera-absent' });
  expect(await readdir(wanted.folder)).toEqual(['1-1']);
  expect(scripted.captures).toBe(1);
  expect(await camera.capture(await request())).toHaveLength(1);
});

test('a second capture is refused while the ladder works, and lets the next attempt come at once', async () => {
  const { camera, scripted, request } = await recoverySet(['camera-refused'], {
    config: { pauseFrom: '8s', pauseUpTo: '8s' },
  });
  const first = camera.capture(await request());
  await until('the first attempt has failed', () => scripted.captures === 1);
  const wanted = await request();
  const begin = performance.now();
  await until('it is refused with what is being done', async () => {
    const refusal = await camera.capture(wanted).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'camera-busy', retryable: true });
    return (refusal as Error).message.includes('"retry"');
  });
  expect(await first).toHaveLength(1);
  expect(performance.now() - begin).toBeLessThan(5_000);
});

test('an abort ends a pause, and the reason is thrown', async () => {
  const { camera, scripted, request } = await recoverySet(['camera-refused'], { config: { pauseFrom: '8s' } });
  const abort = new AbortController();
  const capture = camera.capture(await request(), abort.signal);
  await until('the first attempt has failed', () => scripted.captures === 1);
  const reason = new Error('the agent stops');
  abort.abort(reason);
  await expect(capture).rejects.toBe(reason);
});

test('the agent is started anew only where that is allowed, once until it has rested; the next life goes on above it', async () => {
  const script = Array.from({ length: 8 }, () => 'camera-timeout');
  const set = await recoverySet(script, {
    config: { retries: 0, redetect: { allowed: false }, restartAgent: { allowed: true } },
    // Also where no slot has room for a further attempt.
    roomMs: () => 0,
  });
  await expect(set.camera.capture(await set.request())).rejects.toMatchObject({ code: 'camera-timeout' });
  expect(set.restarts).toEqual(['the camera gives no picture']);
  expect(set.told()).toEqual(['kill failed', 'restart-agent begun']);
  const camera = await set.again();
  await expect(camera.capture(await set.request())).rejects.toMatchObject({ code: 'camera-timeout' });
  expect(set.restarts).toHaveLength(1);
  await until('the camera is well again', async () => {
    const files = await camera.capture(await set.request()).catch(() => []);
    return files.length > 0;
  });
  expect(set.told().at(-1)).toBe('retry recovered');
});

test('a reboot is a program that the policy names; one that fails is told', async () => {
  const set = await recoverySet(['camera-timeout', 'camera-timeout'], {
    config: {
      retries: 0,
      redetect: { allowed: false },
      retry: { allowed: false },
      reboot: { allowed: true, command: ['sh', '-c', 'echo "no right to" >&2; exit 1'] },
    },
  });
  await expect(set.camera.capture(await set.request())).rejects.toMatchObject({ code: 'camera-timeout' });
  expect(set.told()).toEqual(['kill failed', 'reboot begun', 'reboot failed']);
  expect(set.messages().at(-1)).toContain('no right to');
  // Its day is over: the ladder has nothing more to do.
  await expect(set.camera.capture(await set.request())).rejects.toMatchObject({ code: 'camera-timeout' });
  expect(set.told()).toHaveLength(3);
});
