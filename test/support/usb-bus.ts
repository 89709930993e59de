import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '@vigie/shared/kit/errors';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp.ts';

export type Plugged = {
  port: string;
  name: string;
  serial?: string;
  vendorId?: string;
  productId?: string;
  address?: number;
  /** USB class of its interface; 06 is a still camera. */
  interfaceClass?: string;
};

/** A folder that looks like sysfs with a USB bus, and does what the kernel does when `authorized` is written. */
export type UsbBus = {
  sys: string;
  plug(device: Plugged): Promise<void>;
  unplug(port: string): Promise<void>;
  /** `1-1 off`, `1-1 on`: what was written to `authorized`, in order. */
  switched: string[];
  /** Called at each switch, before the interfaces change. */
  onSwitch: (port: string, isOn: boolean) => void | Promise<void>;
};

export async function usbBus(): Promise<UsbBus> {
  const sys = await tempFolder();
  const devices = join(sys, 'bus/usb/devices');
  await mkdir(join(devices, 'usb1'), { recursive: true });
  const plugged = new Map<string, Required<Plugged> & { isOn: boolean }>();
  const interfaceOf = (port: string) => join(devices, `${port}:1.0`);

  async function show({ port, interfaceClass }: Required<Plugged>): Promise<void> {
    await mkdir(interfaceOf(port), { recursive: true });
    await writeFile(join(interfaceOf(port), 'bInterfaceClass'), `${interfaceClass}\n`);
  }

  const bus: UsbBus = {
    sys,
    switched: [],
    onSwitch: () => undefined,
    async plug(device) {
      const whole = {
        serial: '000001234567',
        vendorId: '04b0',
        productId: '0439',
        address: 5,
        interfaceClass: '06',
        ...device,
      };
      const folder = join(devices, device.port);
      await mkdir(folder, { recursive: true });
      const files = {
        idVendor: whole.vendorId,
        idProduct: whole.productId,
        product: whole.name,
        serial: whole.serial,
        busnum: '1',
        devnum: String(whole.address),
        authorized: '1',
      };
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), `${text}\n`);
      await show(whole);
      plugged.set(device.port, { ...whole, isOn: true });
    },
    async unplug(port) {
      plugged.delete(port);
      await rm(interfaceOf(port), { recursive: true, force: true });
      await rm(join(devices, port), { recursive: true, force: true });
    },
  };

  const over = new AbortController();
  const kernel = (async () => {
    while (!over.signal.aborted) {
      for (const device of plugged.values()) {
        const { port } = device;
        const text = await readFile(join(devices, port, 'authorized'), 'utf8').catch((error: unknown) => {
          if (isSystemError(error, 'ENOENT')) return '';
          throw error;
        });
        const isOn = text.trim() === '' ? device.isOn : text.trim() === '1';
        if (isOn === device.isOn) continue;
        device.isOn = isOn;
        bus.switched.push(`${port} ${isOn ? 'on' : 'off'}`);
        await bus.onSwitch(port, isOn);
        if (isOn) await show(device);
        else await rm(interfaceOf(port), { recursive: true, force: true });
      }
      await sleep(5);
    }
  })();
  onTestFinished(async () => {
    over.abort();
    await kernel;
  });
  return bus;
}
