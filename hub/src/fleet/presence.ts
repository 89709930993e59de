import type { DeviceRow } from '../store/devices.ts';

export type Presence = DeviceRow['presence'];

/** Is a device there? By its last will, else by how long nothing was heard of it. */
export function presenceOf(
  { status, lastHeardAt }: Pick<DeviceRow, 'status' | 'lastHeardAt'>,
  now: number,
  { lateAfter, offlineAfter }: { lateAfter: number; offlineAfter: number },
): Presence {
  if (status === 'lost' || status === 'disconnected') return 'offline';
  const silence = now - lastHeardAt;
  return silence > offlineAfter ? 'offline' : silence > lateAfter ? 'late' : 'online';
}
