import { absent } from './kernel-file.ts';
import type { Quantity } from './sensor.ts';

/** The channels that a kernel's interface names: what each measures, and its figure's factor to the unit of that quantity. */
export type Channels = readonly (readonly [pattern: RegExp, quantity: Quantity, scale: number])[];

export const isChannelOf = (channels: Channels, channel: string): boolean =>
  channels.some(([pattern]) => pattern.test(channel));

/** Throws `sensor-absent` for a channel that there cannot be; `examples` says which there are, as in "temp1 and in0". */
export function scaleOf(channels: Channels, channel: string, examples: string): { quantity: Quantity; scale: number } {
  const found = channels.find(([pattern]) => pattern.test(channel));
  if (!found) throw absent(`find channel "${channel}": ${examples} are such`);
  return { quantity: found[1], scale: found[2] };
}

/** The error for a device that lacks a channel. */
export const channelAbsent = (device: string, channel: string) =>
  absent(`find channel "${channel}" of sensor ${JSON.stringify(device)}: it has none`);
