import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { hasSerial, type UsbCamera, usbCameras } from './usb-camera.ts';

export type UsbOptions = {
  /** Stands for `/sys`. */
  sys?: string | undefined;
  /** The camera's serial number, where the configuration has one. */
  serial?: string | undefined;
  clock: Clock;
};

/** How often sysfs is looked at while a camera is waited for. */
const LOOK_EVERY_MS = 200;

/**
 * Takes the camera's right to talk away and gives it back: the kernel drops its interfaces, whoever held them loses them, and the
 * camera is configured anew. Returns it as it was before. A camera that an earlier attempt has left without the right gets it back.
 *
 * Errors: `usb-absent` (no camera, or no USB), `usb-ambiguous` (several cameras and no serial number), `usb-permission`.
 */
export async function reauthorise(options: UsbOptions & { offMs: number }, signal?: AbortSignal): Promise<UsbCamera> {
  const { clock, offMs } = options;
  const camera = await theCamera(options);
  const file = join(camera.folder, 'authorized');
  try {
    if (camera.authorized) await write(file, '0');
    await clock.sleep(offMs, signal);
  } finally {
    // Also after an abort: a camera without the right would stay so.
    await write(file, '1');
  }
  return camera;
}

/** Waits until a camera is on USB, with the right to talk; undefined when none is there within the limit. */
export async function awaitCamera(
  options: UsbOptions & { limitMs: number },
  signal?: AbortSignal,
): Promise<UsbCamera | undefined> {
  const { clock, limitMs } = options;
  const end = clock.monotonic() + limitMs;
  for (;;) {
    const camera = (await candidates(options))?.find(({ authorized }) => authorized);
    if (camera || signal?.aborted || clock.monotonic() >= end) return camera;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** The cameras that the configuration can mean; undefined where the machine shows no USB. */
async function candidates({ sys, serial }: UsbOptions): Promise<UsbCamera[] | undefined> {
  const cameras = await usbCameras(sys);
  return serial === undefined ? cameras : cameras?.filter((camera) => hasSerial(camera, serial));
}

async function theCamera(options: UsbOptions): Promise<UsbCamera> {
  const found = await candidates(options);
  const action = 'switch the camera off and on at USB';
  if (found === undefined) throw new VigieError('usb-absent', `${action}: this machine shows no USB`);
  const [camera, other] = found;
  if (camera === undefined) throw new VigieError('usb-absent', `${action}: no camera is on the bus`);
  if (other === undefined) return camera;
  throw new VigieError(
    'usb-ambiguous',
    `${action}: ${found.map(({ name, port }) => `"${name}" at ${port}`).join(', ')} are on the bus, one should be meant`,
    { hint: "Name the camera's serial number in the configuration." },
  );
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENODEV')) {
      throw new VigieError('usb-absent', `write ${JSON.stringify(file)}: the camera has left the bus`, {
        cause: error,
      });
    }
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    throw new VigieError('usb-permission', `write ${JSON.stringify(file)}: refused`, {
      cause: error,
      hint: 'Run the agent as root, or let a udev rule give its group the right to write this file.',
    });
  }
}
