import { join } from 'node:path';
import { type Channels, channelAbsent, isChannelOf, scaleOf } from './channels.ts';
import { folderNamed, numberOf } from './kernel-file.ts';
import type { Sensor } from './sensor.ts';

/**
 * The kernel's industrial I/O: `/sys/bus/iio/devices/iio:deviceN`, a device by its `name`, a channel such as `temp`,
 * `humidityrelative`, `pressure`, `illuminance` or `voltage0`. A channel gives its value (`_input`), or a raw figure with offset
 * and scale: (raw + offset) × scale. Source for units: the kernel's Documentation/ABI/testing/sysfs-bus-iio.
 */
export function createIio(options: { name: string; device: string; channel: string; root?: string }): Sensor {
  const { name, device, channel, root = '/sys/bus/iio/devices' } = options;
  const { quantity, scale } = scaleOf(CHANNELS, channel, 'temp, humidityrelative, pressure and voltage0');
  return {
    name,
    quantity,
    async read() {
      const folder = await folderNamed(root, device);
      const figure = (kind: string) => numberOf(join(folder, `in_${channel}_${kind}`));
      const input = await figure('input');
      if (input !== undefined) return input * scale;
      const raw = await figure('raw');
      if (raw === undefined) throw channelAbsent(device, channel);
      // Channels of one kind may share offset and scale: in_voltage_scale stands for in_voltage0_scale.
      const shared = (kind: string) => numberOf(join(folder, `in_${channel.replace(/\d+$/, '')}_${kind}`));
      const offset = (await figure('offset')) ?? (await shared('offset')) ?? 0;
      const factor = (await figure('scale')) ?? (await shared('scale')) ?? 1;
      return (raw + offset) * factor * scale;
    },
  };
}

/** The kernel's units: m°C, m%, kPa, lux, mV, mA, mW. */
const CHANNELS: Channels = [
  [/^temp\d*(_(ambient|object))?$/, 'temperature', 1e-3],
  [/^humidityrelative\d*$/, 'humidity', 1e-3],
  [/^pressure\d*$/, 'pressure', 10],
  [/^illuminance\d*$/, 'illuminance', 1],
  [/^voltage\d*$/, 'voltage', 1e-3],
  [/^current\d*$/, 'current', 1e-3],
  [/^power\d*$/, 'power', 1e-3],
];

export const isIioChannel = (channel: string): boolean => isChannelOf(CHANNELS, channel);
