import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '@vigie/shared/kit/errors';

/**
 * A camera on USB, as sysfs shows it. Sources: Documentation/ABI/stable/sysfs-bus-usb and Documentation/usb/authorization.rst of
 * the kernel, and the USB class code 06 (still image: PTP).
 */
export type UsbCamera = {
  /** Where it is plugged in, such as `1-1.2`: it stays when the camera comes back, its address does not. */
  port: string;
  /** Its folder in sysfs, links resolved. */
  folder: string;
  /** Four hexadecimal digits each. */
  vendorId: string;
  productId: string;
  /** What it calls itself, else `vendor:product`. */
  name: string;
  /** As the descriptor has it, which may be padded with zeros. */
  serial: string | undefined;
  bus: number;
  address: number;
  /** Below the root of device files: `001/007`. */
  node: string;
  /** False after a 0 was written to `authorized`: then it has no interfaces and nobody can use it. */
  authorized: boolean;
};

/** Makers by USB vendor number: a camera that is not authorised shows no interface to be told by. */
const MAKERS = new Set([
  '03f0',
  '040a',
  '04a9',
  '04b0',
  '04cb',
  '04da',
  '054c',
  '07b4',
  '07cf',
  '0a17',
  '1003',
  '1a98',
  '25fb',
]);
const STILL_IMAGE = '06';

/** The cameras on USB, by port; undefined where the machine shows no USB at all. `sys` stands for `/sys`. */
export async function usbCameras(sys = '/sys'): Promise<UsbCamera[] | undefined> {
  const devices = join(sys, 'bus/usb/devices');
  const names = await unlessAbsent(readdir(devices));
  if (names === undefined) return undefined;
  const ports = names.filter((name) => /^\d+-[\d.]+$/.test(name)).sort();
  const found = await Promise.all(ports.map((port) => look(devices, port, names)));
  return found.filter((camera) => camera !== undefined);
}

/** Is this the camera whose serial number somebody wrote down? Descriptors pad with zeros, cameras' menus do not. */
export function hasSerial({ serial }: UsbCamera, wanted: string): boolean {
  const plain = (text: string) => text.trim().replace(/^0+/, '').toLowerCase();
  return serial !== undefined && plain(serial) === plain(wanted);
}

async function look(devices: string, port: string, names: string[]): Promise<UsbCamera | undefined> {
  const path = join(devices, port);
  const read = async (file: string) => (await unlessAbsent(readFile(join(path, file), 'utf8')))?.trim();
  const [vendorId, productId, bus, address] = await Promise.all(
    ['idVendor', 'idProduct', 'busnum', 'devnum'].map(read),
  );
  // It left the bus between the two looks.
  if (vendorId === undefined || productId === undefined || bus === undefined || address === undefined) return undefined;
  const authorized = (await read('authorized')) !== '0';
  const interfaces = names.filter((name) => name.startsWith(`${port}:`));
  const classes = await Promise.all(interfaces.map((name) => read(join('..', name, 'bInterfaceClass'))));
  if (!classes.includes(STILL_IMAGE) && (authorized || !MAKERS.has(vendorId))) return undefined;
  const product = await read('product');
  return {
    port,
    folder: await realpath(path),
    vendorId,
    productId,
    name: product === undefined || product === '' ? `${vendorId}:${productId}` : product,
    serial: await read('serial'),
    bus: Number(bus),
    address: Number(address),
    node: `${bus.padStart(3, '0')}/${address.padStart(3, '0')}`,
    authorized,
  };
}

/** An answer, or undefined where there is no such file: a device may leave while it is looked at. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENODEV', 'EIO')) return undefined;
    throw error;
  }
}
