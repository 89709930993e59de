import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { captureRequest, gphotoSet } from '../../support/virtual-camera/gphoto2.ts';

/** Two bodies of the same model on one bus, each with a picture of its own. */
async function twoBodies(options: Parameters<typeof gphotoSet>[0] = {}) {
  const set = await gphotoSet(options);
  const second = await set.virtual.second();
  const other = await jpegPicture({ width: 160 });
  await second.put(other);
  await set.virtual.control.set('serial', '00004711');
  await second.control.set('serial', '00004712');
  return { ...set, second, other };
}

test('each of two bodies is found by its serial number, wherever on the bus it is', async () => {
  const { open, virtual, second, jpeg, other } = await twoBodies();
  const [left, right] = [open({ choice: { serial: '4711' } }), open({ choice: { serial: '4712' } })];
  expect(await pictureOf(left)).toEqual(jpeg);
  expect(await pictureOf(right)).toEqual(other);
  // They change places, as after a power cut of the hub.
  await virtual.control.set('address', '2');
  await second.control.set('address', '1');
  expect(await pictureOf(left)).toEqual(jpeg);
  expect(await pictureOf(right)).toEqual(other);
  expect(await virtual.control.captures()).toHaveLength(2);
  expect(await second.control.captures()).toHaveLength(2);
});

test('a body is found by its owner, and by its model', async () => {
  const { open, virtual, second, other } = await twoBodies();
  await virtual.control.set('property-d072', 'Valley');
  await second.control.set('property-d072', 'Summit');
  expect(await pictureOf(open({ choice: { owner: 'summit' } }))).toEqual(other);
  await second.control.set('product', '0441');
  const camera = open({ choice: { model: 'Nikon DSC D850' } });
  expect(await pictureOf(camera)).toEqual(other);
  expect(camera.description).toBe('Nikon DSC D850');
  expect(await virtual.control.captures()).toEqual([]);
});

test('the right body is absent: no other one is used, and the error names what was found', async () => {
  const { open, virtual, second } = await twoBodies();
  await second.control.set('absent');
  const camera = open({ choice: { serial: '4712' } });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-absent',
    retryable: true,
    message: expect.stringMatching(/"Nikon DSC D750" at usb:001,001 \(serial "00004711"\).*serial "4712"/),
  });
  expect(await virtual.control.captures()).toEqual([]);
  await second.control.clear('absent');
  await second.control.set('address', '9');
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('several bodies and none chosen, or a model that several have: the first is used, and that is told once', async () => {
  const { open, second, jpeg, warnings } = await twoBodies({ conditionEveryMs: Number.POSITIVE_INFINITY });
  const camera = open();
  expect(await pictureOf(camera)).toEqual(jpeg);
  expect(await pictureOf(camera)).toEqual(jpeg);
  expect(await pictureOf(open({ choice: { model: 'Nikon DSC D750' } }))).toEqual(jpeg);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('2 cameras on USB are as configured ("Nikon DSC D750" at usb:001,001');
  expect(await second.control.captures()).toEqual([]);
});

test('the chosen body is held for a moment by another program: the capture waits for it', async () => {
  const { open, second, other } = await twoBodies();
  const camera = open({ choice: { serial: '4712' } });
  expect(await pictureOf(camera)).toEqual(other);
  await second.control.set('claimed');
  const picture = pictureOf(camera);
  setTimeout(() => void second.control.clear('claimed'), 700);
  expect(await picture).toEqual(other);
});

test('the chosen body is held for good: camera-busy, and no other one is used', async () => {
  const { open, virtual, second } = await twoBodies();
  await second.control.set('claimed');
  const camera = open({ choice: { serial: '4712' } });
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({
    code: 'camera-busy',
    message: expect.stringContaining('held by another program'),
  });
  expect(await virtual.control.captures()).toEqual([]);
});

async function pictureOf(camera: Awaited<ReturnType<typeof gphotoSet>>['camera']): Promise<Buffer> {
  const [file] = await camera.capture(await captureRequest());
  return readFile(file?.path as string);
}
