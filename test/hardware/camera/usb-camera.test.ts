import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findHolders } from '@vigie/hardware/camera/camera-holders';
import { awaitCamera, reauthorise } from '@vigie/hardware/camera/usb-authorise';
import { hasSerial, usbCameras } from '@vigie/hardware/camera/usb-camera';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { usbBus } from '../../support/usb-bus.ts';

const D750 = { port: '1-1.2', name: 'NIKON DSC D750', serial: '000006012345', address: 7 };

test('cameras are told from other devices by their interface, with port, address and device file', async () => {
  const bus = await usbBus();
  await bus.plug(D750);
  await bus.plug({ port: '1-1.3', name: 'Keyboard', interfaceClass: '03' });
  const found = await usbCameras(bus.sys);
  expect(found).toMatchObject([{ port: '1-1.2', name: 'NIKON DSC D750', node: '001/007', authorized: true }]);
  expect(found?.map((camera) => [hasSerial(camera, '6012345'), hasSerial(camera, '12345')])).toEqual([[true, false]]);
});

test('a machine without USB is not one without cameras', async () => {
  expect(await usbCameras(await tempFolder())).toBeUndefined();
  expect(await usbCameras((await usbBus()).sys)).toEqual([]);
});

test('a camera is switched off and on at USB, and is there again afterwards', async () => {
  const bus = await usbBus();
  await bus.plug(D750);
  await bus.plug({ port: '1-1.3', name: 'Disk', interfaceClass: '08' });
  await reauthorise({ sys: bus.sys, clock, offMs: 400 });
  expect(await awaitCamera({ sys: bus.sys, clock, limitMs: 5_000 })).toMatchObject({ port: '1-1.2' });
  await until('the kernel has seen both', () => bus.switched.length === 2);
  expect(bus.switched).toEqual(['1-1.2 off', '1-1.2 on']);
});

test('an abort while the camera is off gives its right back all the same', async () => {
  const bus = await usbBus();
  await bus.plug(D750);
  const abort = new AbortController();
  bus.onSwitch = () => abort.abort();
  await reauthorise({ sys: bus.sys, clock, offMs: 60_000 }, abort.signal);
  expect((await readFile(join(bus.sys, 'bus/usb/devices/1-1.2/authorized'), 'utf8')).trim()).toBe('1');
});

test('a camera that a crash has left without its right is known by its maker, and gets it back', async () => {
  const bus = await usbBus();
  await bus.plug(D750);
  await writeFile(join(bus.sys, 'bus/usb/devices/1-1.2/authorized'), '0');
  await until('it is off', () => bus.switched.length === 1);
  expect(await usbCameras(bus.sys)).toMatchObject([{ port: '1-1.2', authorized: false }]);
  await reauthorise({ sys: bus.sys, clock, offMs: 0 });
  expect(await awaitCamera({ sys: bus.sys, clock, limitMs: 5_000 })).toMatchObject({ authorized: true });
});

test('of two cameras the one with the serial number is meant; without one neither is touched', async () => {
  const bus = await usbBus();
  await bus.plug(D750);
  await bus.plug({ port: '1-1.4', name: 'Canon EOS', serial: '22', vendorId: '04a9' });
  await expect(reauthorise({ sys: bus.sys, clock, offMs: 0 })).rejects.toMatchObject({ code: 'usb-ambiguous' });
  expect(bus.switched).toEqual([]);
  expect(await reauthorise({ sys: bus.sys, clock, offMs: 400, serial: '22' })).toMatchObject({ name: 'Canon EOS' });
  await until('it is on again', () => bus.switched.at(-1) === '1-1.4 on');
  expect(new Set(bus.switched.map((line) => line.split(' ')[0]))).toEqual(new Set(['1-1.4']));
});

test('no camera on the bus is told as such', async () => {
  const bus = await usbBus();
  await expect(reauthorise({ sys: bus.sys, clock, offMs: 0 })).rejects.toMatchObject({ code: 'usb-absent' });
  expect(await awaitCamera({ sys: bus.sys, clock, limitMs: 300 })).toBeUndefined();
});

test('whoever has the device file open holds the camera, whatever its name', async () => {
  const devices = join(await tempFolder(), 'usb');
  const node = join(devices, '001/007');
  await mkdir(join(devices, '001'), { recursive: true });
  await writeFile(node, '');
  expect(await findHolders({ devices })).not.toContainEqual(expect.objectContaining({ node }));
  const child = spawn('sh', ['-c', `exec 9< "$1"; exec sleep 60`, 'sh', node], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const holder = { pid: child.pid, name: 'sleep', node, parent: process.pid };
  await until('it is found', async () =>
    (await findHolders({ devices })).find(({ pid, name }) => pid === child.pid && name === 'sleep'),
  );
  expect(await findHolders({ devices })).toContainEqual(holder);
});
