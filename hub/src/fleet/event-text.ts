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
      return undefined;
    case 'capture-failed':
      return `${event.source}: no picture at ${new Date(event.slotAt).toISOString()}: ${event.message}`;
    case 'rejected':
      return `${event.source}: ${printable(event.path)} was not taken: ${event.message}`;
    case 'delivery-failed':
      return `${event.source}: ${printable(event.path)} cannot be delivered to ${event.destination}: ${event.message}`;
    case 'removed':
      return `${event.source}: ${printable(event.entry.path)} is gone: ${event.reason}`;
    case 'camera-recovery':
      return `${event.source}: ${event.message}`;
    case 'clock-step':
      return `the device's clock was set by ${Math.round(event.stepMs / 1000)} s`;
    case 'disk-low':
      return `the device's disk is nearly full: ${event.freeBytes} bytes are free`;
  }
}
