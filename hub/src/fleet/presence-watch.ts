import type { Clock } from '@vigie/shared/kit/clock';
import type { Activities } from '../store/activities.ts';
import type { DeviceRow, Devices } from '../store/devices.ts';
import { presenceOf } from './presence.ts';

/** Keeps each device's presence up to date and tells of its changes. */
export function createPresenceWatch(options: {
  devices: Devices;
  activities: Activities;
  limits: { lateAfter: number; offlineAfter: number };
  /** Is it away for a drill? That is no alarm. */
  isDrilled?: (row: DeviceRow) => boolean;
  changed: (row: DeviceRow, presence: DeviceRow['presence']) => void;
  clock: Clock;
}): { look(): void } {
  const { devices, activities, limits, clock } = options;
  return {
    look() {
      for (const row of devices.all()) {
        const presence = presenceOf(row, clock.now(), limits);
        if (presence === row.presence) continue;
        devices.present(row, presence);
        if (presence === 'offline') {
          if (options.isDrilled?.(row))
            activities.add('drill', `${row.device} is away, as its outage drill has it`, row);
          else activities.add('device-offline', `${row.device} is offline`, row);
        } else if (row.presence === 'offline') activities.add('device-online', `${row.device} is back`, row);
        options.changed(row, presence);
      }
    },
  };
}
