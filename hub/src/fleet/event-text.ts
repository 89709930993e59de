import { printable } from '@vigie/shared/kit/names';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';

/** An event in words for the activity page; undefined for those that come with every picture. */
export function eventText(event: DeviceEvent): string | undefined {
  switch (event.type) {
    case 'captured':
      return event.entry.unreadable === undefined
        ? undefined
        : `${event.source}: ${printable(event.entry.path)} cannot be read as a picture and is kept in failure: ${event.entry.unreadable}`;
    case 'delivered':
    case 'time-corrected':
    // The drill's own course is told.
    case 'drill-begun':
    case 'drill-ended':
      return undefined;
    case 'capture-failed':
      return `${event.source}: no picture at ${new Date(event.slotAt).toISOString()}: ${event.message}`;
    case 'rejected':
      return `${event.source}: ${printable(event.path)} was not taken: ${event.message}`;
    case 'delivery-failed':
      return `${event.source}: ${printable(event.path)} cannot be delivered to ${event.destination}: ${event.message}`;
    case 'removed':
      // What a purge removes is at its destinations: it is no news, and there are many of them.
      if (event.entry.purgedAt !== undefined) return undefined;
      return `${event.source}: ${printable(event.entry.path)} is gone: ${event.reason}`;
    case 'camera-recovery':
      return `${event.source}: ${event.message}`;
    case 'triggered':
      return `${event.source}: "${event.input}" asked for a picture`;
    case 'power-flags':
      return event.flags.length === 0
        ? "the device's supply and heat are well again"
        : `the device's supply or heat: ${event.flags.join(', ')}`;
    case 'clock-step':
      return `the device's clock was set by ${Math.round(event.stepMs / 1000)} s`;
    case 'disk-low':
      return `the device's disk fills up: ${event.freeBytes} bytes are free${diskWords[event.rung ?? ''] ?? ''}`;
  }
}

/** What the rungs of the disk-full ladder mean. */
const diskWords: Record<string, string> = {
  clean: '; files that are proved at their destinations are removed, oldest first',
  'stop-processing': '; nothing is processed until there is room',
  'skip-captures': '; captures are skipped until there is room',
};
