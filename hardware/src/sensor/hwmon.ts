import { join } from 'node:path';
import { type Channels, channelAbsent, isChannelOf, scaleOf } from './channels.ts';
import { failed, folderNamed, numberOf } from './kernel-file.ts';
import type { Sensor } from './sensor.ts';

/**
 * The kernel's hardware monitors: `/sys/class/hwmon/hwmonN`, a device by its `name`, a channel such as `temp1` or `in0`.
 * Source for units: the kernel's Documentation/hwmon/sysfs-interface.rst.
 */
export function createHwmon(options: { name: string; device: string; channel: string; root?: string }): Sensor {
  const { name, device, channel, root = '/sys/class/hwmon' } = options;
  const { quantity, scale } = scaleOf(CHANNELS, channel, 'temp1, humidity1, in0, curr1, power1 and fan1');
  return {
    name,
    quantity,
    async read() {
      const folder = await folderNamed(root, device);
      // A channel with a broken probe says so in a file of its own.
      if ((await numberOf(join(folder, `${channel}_fault`))) === 1) {
        throw failed(`${device} ${channel}`, 'the device reports a fault of its probe');
      }
      const value = await numberOf(join(folder, `${channel}_input`));
      if (value === undefined) throw channelAbsent(device, channel);
      return value * scale;
    },
  };
}

const CHANNELS: Channels = [
  [/^temp\d+$/, 'temperature', 1e-3],
  [/^humidity\d+$/, 'humidity', 1e-3],
  [/^in\d+$/, 'voltage', 1e-3],
  [/^curr\d+$/, 'current', 1e-3],
  [/^power\d+$/, 'power', 1e-6],
  [/^fan\d+$/, 'speed', 1],
];

export const isHwmonChannel = (channel: string): boolean => isChannelOf(CHANNELS, channel);
