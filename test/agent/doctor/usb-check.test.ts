import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkUsb } from '@vigie/agent/doctor/usb-check';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { usbBus } from '../../support/usb-bus.ts';
import { checkInChild, fixes, withoutPrivilege } from './in-child.ts';

/** A bus with one camera and its device file. */
async function set() {
  const bus = await usbBus();
  await bus.plug({ port: '1-1.2', name: 'NIKON DSC D750', serial: '000006012345', address: 7 });
  const devices = join(await tempFolder(), 'usb');
  const node = join(devices, '001/007');
  await mkdir(join(devices, '001'), { recursive: true });
  await writeFile(node, '');
  const options = { serial: undefined as string | undefined, sys: bus.sys, devices };
  return { bus, devices, node, options, device: join(bus.sys, 'bus/usb/devices/1-1.2') };
}

function hold(command: string, args: string[]): number {
  const child = spawn(command, args, { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid as number;
}

test('a camera that can be used: nothing to mend', async () => {
  const { options } = await set();
  const findings = await checkUsb(options);
  expect(fixes(findings)).toEqual({});
  expect(findings.map(({ code }) => code)).toEqual(['usb-camera', 'usb-permission']);
});

test('no USB is no fault, no camera is one', async () => {
  expect(await checkUsb({ serial: undefined, sys: await tempFolder() })).toMatchObject([
    { code: 'usb-unseen', state: 'unknown' },
  ]);
  const { bus, options } = await set();
  const other = await checkUsb({ ...options, serial: '777' });
  expect(other).toMatchObject([{ code: 'usb-camera-absent', message: expect.stringContaining('000006012345') }]);
  await bus.unplug('1-1.2');
  expect(fixes(await checkUsb(options))).toEqual({ 'usb-camera-absent': expect.stringContaining('lsusb') });
});

test('a process with an open device file is named with its id, and ended by the fix', async () => {
  const { node, options } = await set();
  const pid = hold('sh', ['-c', 'exec 9< "$1"; exec sleep 60', 'sh', node]);
  const found = await until('it is found', async () =>
    (await checkUsb(options)).find(({ code, message }) => code === 'camera-held' && message.includes('sleep')),
  );
  expect(found).toMatchObject({ message: `sleep (pid ${pid}) has ${node} open`, fix: `kill ${pid}` });
  process.kill(pid);
  await until('nobody holds it any more', async () => fixes(await checkUsb(options))['camera-held'] === undefined);
});

test('gvfs is known by its name, and is kept from coming back', async () => {
  const { options } = await set();
  const program = join(await tempFolder(), 'gvfs-gphoto2-volume-monitor');
  await copyFile('/bin/sleep', program);
  const pid = hold(program, ['60']);
  const fix = await until('it is found', async () => fixes(await checkUsb(options))['camera-held'], 5_000);
  expect(fix).toMatch(/^systemctl --user mask --now gvfs-gphoto2-volume-monitor\.service/);
  expect(fix).toContain(`kill ${pid}`);
});

test('the agent’s own use of the camera is no fault', async () => {
  const { node, options } = await set();
  hold('sh', ['-c', 'exec 9< "$1"; sleep 60; :', 'gphoto2-capture', node]);
  const found = await until('it is found', async () =>
    (await checkUsb(options)).find(({ code }) => code === 'camera-in-use'),
  );
  expect(found.state).toBe('ok');
});

test('a device file that this user may not use: the udev rule is printed, and the fix installs it', async () => {
  const { node, options } = await set();
  await chmod(node, 0o000);
  const findings = await checkInChild(withoutPrivilege, 'usb', options);
  const rule = 'SUBSYSTEM=="usb", ATTR{idVendor}=="04b0", ATTR{idProduct}=="0439", MODE="0660", GROUP="plugdev"';
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'usb-no-permission',
      message: expect.stringContaining(rule),
      fix: expect.stringMatching(
        /^echo 'SUBSYSTEM.*plugdev"' \| sudo tee \/etc\/udev\/rules\.d\/.*udevadm control --reload.*usermod -aG plugdev/,
      ),
    }),
  );
});

test('a device file that udev did not make', async () => {
  const { node, options } = await set();
  await rm(node);
  expect(fixes(await checkUsb(options))).toEqual({ 'usb-node-absent': expect.stringContaining('udevadm trigger') });
});

test('a camera without its right to talk, one that is put to sleep, and a port that cut its power', async () => {
  const { bus, device, options } = await set();
  await writeFile(join(device, 'authorized'), '0');
  await until('it is off', () => bus.switched.length === 1);
  expect(fixes(await checkUsb(options))).toEqual({
    'usb-not-authorised': 'echo 1 | sudo tee /sys/bus/usb/devices/1-1.2/authorized',
  });
  await writeFile(join(device, 'authorized'), '1');
  await mkdir(join(device, 'power'));
  await writeFile(join(device, 'power/control'), 'auto\n');
  await writeFile(join(device, 'power/autosuspend_delay_ms'), '2000\n');
  const port = join(bus.sys, 'bus/usb/devices/1-1:1.0/1-1-port2');
  await mkdir(port, { recursive: true });
  await writeFile(join(port, 'over_current_count'), '3\n');
  const found = await until('it is on again', async () => {
    const all = fixes(await checkUsb(options));
    return all['usb-autosuspend'] === undefined ? undefined : all;
  });
  expect(found).toEqual({
    'usb-autosuspend': 'echo on | sudo tee /sys/bus/usb/devices/1-1.2/power/control',
    'usb-over-current': expect.stringContaining('dmesg'),
  });
});
