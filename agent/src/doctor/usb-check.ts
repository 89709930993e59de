import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CameraHolder, findHolders } from '@vigie/hardware/camera/camera-holders';
import { hasSerial, type UsbCamera, usbCameras } from '@vigie/hardware/camera/usb-camera';
import { isSystemError } from '@vigie/shared/kit/errors';
import { type Finding, mend, ok, unknown, word } from './finding.ts';

export type UsbCheckOptions = {
  /** The camera's serial number, where the configuration has one. */
  serial: string | undefined;
  /** Stand for `/sys`, `/proc` and `/dev/bus/usb`. */
  sys?: string | undefined;
  proc?: string | undefined;
  devices?: string | undefined;
};

/** What keeps a camera on USB from being used: its power, its right to talk, its device file, and who else has it. */
export async function checkUsb(options: UsbCheckOptions): Promise<Finding[]> {
  const { serial, sys = '/sys', proc = '/proc', devices = '/dev/bus/usb' } = options;
  const all = await usbCameras(sys);
  const overloads = await overCurrents(sys);
  if (all === undefined) return [unknown('usb-unseen', 'this machine shows no USB: nothing about it can be told here')];
  const cameras = serial === undefined ? all : all.filter((camera) => hasSerial(camera, serial));
  if (cameras.length === 0) {
    const others = all.map(({ name, serial: other }) => `"${name}" (serial ${other ?? 'unknown'})`).join(', ');
    const is = others === '' ? 'no camera is on USB' : `on USB: ${others}, and not the one with serial "${serial}"`;
    return [
      mend('usb-camera-absent', is, 'Switch the camera on, set its USB mode to PTP, check cable and port; then: lsusb'),
      ...overloads,
    ];
  }
  const holders = await findHolders({ proc, devices });
  const perCamera = await Promise.all(
    cameras.map(async (camera) => [
      ...authorisation(camera),
      ...(await deviceFile(camera, join(devices, camera.node))),
      ...(await suspension(camera)),
    ]),
  );
  const nodes = new Set(cameras.map(({ node }) => join(devices, node)));
  const held = holders.filter(({ node }) => node === undefined || nodes.has(node));
  return [...perCamera.flat(), ...(await Promise.all(held.map((holder) => heldBy(holder, proc)))), ...overloads];
}

function authorisation(camera: UsbCamera): Finding[] {
  const { name, port, authorized } = camera;
  if (authorized) return [ok('usb-camera', `"${name}" is at ${port}, device file ${camera.node}`)];
  const fix = `echo 1 | sudo tee /sys/bus/usb/devices/${port}/authorized`;
  return [mend('usb-not-authorised', `"${name}" at ${port} has no right to talk (authorized is 0)`, fix)];
}

/** The line for a file in /etc/udev/rules.d that gives the group `plugdev` a camera's device file. Source: udev(7). */
export const udevRule = ({ vendorId, productId }: UsbCamera): string =>
  `SUBSYSTEM=="usb", ATTR{idVendor}=="${vendorId}", ATTR{idProduct}=="${productId}", MODE="0660", GROUP="plugdev"`;

async function deviceFile(camera: UsbCamera, file: string): Promise<Finding[]> {
  try {
    await access(file, constants.R_OK | constants.W_OK);
    return [ok('usb-permission', `this user may use ${file}`)];
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) {
      const fix = 'sudo udevadm trigger --action=add --subsystem-match=usb';
      return [
        mend('usb-node-absent', `${file} is not there, though the camera is on the bus: udev did not make it`, fix),
      ];
    }
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    const rule = udevRule(camera);
    const fix = [
      `echo ${word(rule)} | sudo tee /etc/udev/rules.d/70-vigie-camera.rules`,
      'sudo udevadm control --reload',
      'sudo udevadm trigger --action=add --subsystem-match=usb',
      'sudo usermod -aG plugdev "$(id -un)"',
    ].join(' && ');
    return [
      mend('usb-no-permission', `this user may not read and write ${file}; a udev rule is missing: ${rule}`, fix),
    ];
  }
}

/** A camera that the kernel puts to sleep drops off the bus. */
async function suspension({ folder, port, name }: UsbCamera): Promise<Finding[]> {
  const read = (file: string) => textOf(join(folder, 'power', file));
  const [control, delay] = await Promise.all([read('control'), read('autosuspend_delay_ms')]);
  if (control !== 'auto' || Number(delay) < 0) return [];
  const fix = `echo on | sudo tee /sys/bus/usb/devices/${port}/power/control`;
  return [
    mend('usb-autosuspend', `the kernel puts "${name}" at ${port} to sleep after ${delay ?? '?'} ms of rest`, fix),
  ];
}

async function heldBy({ pid, name, node, parent }: CameraHolder, proc: string): Promise<Finding> {
  const commands = await Promise.all([pid, parent].map((id) => textOf(join(proc, String(id), 'cmdline'))));
  const who = `${name} (pid ${pid})`;
  if (commands.some((command) => command !== undefined && /gphoto2-capture|vigie-agent/.test(command))) {
    return ok('camera-in-use', `the agent itself uses the camera at this moment: ${who}`);
  }
  const what = node === undefined ? `${who} runs, which takes every camera that it sees` : `${who} has ${node} open`;
  if (/^gvfs/.test(name)) {
    const fix = `systemctl --user mask --now gvfs-gphoto2-volume-monitor.service gvfs-mtp-volume-monitor.service; kill ${pid}`;
    return mend('camera-held', what, fix);
  }
  return mend('camera-held', what, `kill ${pid}`);
}

/** Ports that cut the power since the start, where the kernel counts that. Source: Documentation/ABI/testing/sysfs-bus-usb. */
async function overCurrents(sys: string): Promise<Finding[]> {
  const devices = join(sys, 'bus/usb/devices');
  const hubs = (await namesIn(devices)).filter((name) => name.includes(':'));
  const ports = await Promise.all(
    hubs.map(async (hub) =>
      (await namesIn(join(devices, hub))).filter((name) => /-port\d+$/.test(name)).map((port) => join(hub, port)),
    ),
  );
  const counted = await Promise.all(
    ports
      .flat()
      .map(async (port) => ({ port, count: Number(await textOf(join(devices, port, 'over_current_count'))) })),
  );
  return counted
    .filter(({ count }) => count > 0)
    .map(({ port, count }) =>
      mend(
        'usb-over-current',
        `USB port ${port.slice(port.indexOf('/') + 1)} has cut its power ${count} times: what hangs on it takes too much`,
        'Put the camera on a hub with a supply of its own; the kernel tells when: sudo dmesg | grep -i over-current',
      ),
    );
}

/** A device may leave, and a process may end, while they are looked at. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENODEV', 'EIO', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
