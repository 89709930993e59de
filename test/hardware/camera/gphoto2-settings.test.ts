import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lookAtGphoto2 } from '@vigie/hardware/camera/gphoto2-look';
import { expect, test } from 'vitest';
import { until } from '../../support/temp.ts';
import { captureRequest, gphotoSet } from '../../support/virtual-camera/gphoto2.ts';

test('settings are set by name before the capture, and stay set', async () => {
  const { camera, virtual } = await gphotoSet({ settings: { iso: '400', artist: 'Summit', 'f-number': 'f/8' } });
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
  expect(await readFile(join(virtual.control.folder, 'property-500f'), 'utf8')).toBe('400');
  expect(await readFile(join(virtual.control.folder, 'property-d072'), 'utf8')).toBe('Summit');
});

test.each([
  [{ iso: '123' }, '"iso" to "123"', 'allowed: "100", "200", "400", "800", "1600"'],
  [{ isoo: '100' }, '"isoo" to "100"', 'no setting of this name'],
  [{ batterylevel: '100%' }, '"batterylevel" to "100%"', 'only be read, and is "50%"'],
])('a setting that cannot be had is told with its name, value and choices: %o', async (settings, what, why) => {
  const { camera, virtual } = await gphotoSet({ settings });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-setting',
    retryable: false,
    message: expect.stringMatching(new RegExp(`${what.replaceAll('"', '\\"')}.*${why}`)),
    hint: expect.stringContaining('--list-all-config'),
  });
  expect(await virtual.control.captures()).toEqual([]);
});

test('a camera that takes a setting and keeps its old value is found out', async () => {
  const { camera, virtual } = await gphotoSet({ settings: { iso: '800' } });
  await virtual.control.set('stubborn');
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-setting',
    message: expect.stringContaining('it was set, and is "100"'),
  });
  expect(await virtual.control.captures()).toEqual([]);
});

test('a radio widget without a value, which crashes the add-on, is read and set', async () => {
  const { camera, home } = await gphotoSet({ captureTarget: 'card' });
  await mkdir(join(home, '.gphoto'));
  await writeFile(join(home, '.gphoto/settings'), 'ptp2=capturetarget=nowhere\n');
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
  expect(await readFile(join(home, '.gphoto/settings'), 'utf8')).toContain('capturetarget=card');
});

test('the capture target is set', async () => {
  const { camera, home } = await gphotoSet({ captureTarget: 'memory' });
  await mkdir(join(home, '.gphoto'));
  await writeFile(join(home, '.gphoto/settings'), 'ptp2=capturetarget=card\n');
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
  expect(await readFile(join(home, '.gphoto/settings'), 'utf8')).toContain('capturetarget=sdram');
});

test('the camera tells its condition after a plain capture, and again only when that has become old', async () => {
  const { camera, virtual } = await gphotoSet({ conditionEveryMs: 600_000 });
  await virtual.control.set('serial', '6012345');
  await virtual.control.set('card', 'CARD-A 64000000 50000000');
  await virtual.control.set('property-5001', '73');
  const at = Date.UTC(2026, 0, 1);
  expect(camera.condition?.()).toBeUndefined();
  await camera.capture(await captureRequest(at));
  expect(await until('the condition is read', () => camera.condition?.())).toEqual({
    at,
    model: 'Nikon DSC D750',
    serial: '6012345',
    lens: 'AF-S Nikkor 24-70mm 1:2.8G ED DX',
    batteryPercent: 73,
    cardFreeBytes: 50_000_000 * 1024,
    cardTotalBytes: 64_000_000 * 1024,
  });
  await virtual.control.set('property-5001', '12');
  await camera.capture(await captureRequest(at + 300_000));
  await camera.capture(await captureRequest(at + 600_000));
  await until('it is read again', () => camera.condition?.()?.at === at + 600_000);
  expect(camera.condition?.()?.batteryPercent).toBe(12);
});

test('a camera of another maker tells its lens in its own words, and its shutter count', async () => {
  const { environment, virtual } = await gphotoSet();
  await virtual.control.set('fuji');
  await virtual.control.set('property-d310', '12345');
  await virtual.control.set('property-d36d', 'XF35mmF1.4 R 61A00123');
  const looking = lookAtGphoto2({ choice: {}, limitMs: 20_000, environment }, AbortSignal.timeout(30_000));
  expect((await looking).condition).toMatchObject({
    model: 'Fuji Fujifilm X-T3',
    lens: 'XF35mmF1.4 R 61A00123',
    batteryPercent: 50,
    shutterCount: 12345,
  });
});

test('a session reads the condition with its capture', async () => {
  const { camera } = await gphotoSet({ settings: { iso: '200' } });
  await camera.capture(await captureRequest());
  expect(camera.condition?.()).toMatchObject({ batteryPercent: 50, model: 'Nikon DSC D750' });
});

test('a capture does not wait long for a condition that hangs', async () => {
  const { camera, virtual } = await gphotoSet({ conditionEveryMs: 1, timeLimitMs: 30_000 });
  await camera.capture(await captureRequest());
  await virtual.control.set('hang');
  const capture = camera.capture(await captureRequest(5));
  setTimeout(() => void virtual.control.clear('hang'), 3_000);
  expect(await capture).toHaveLength(1);
});
