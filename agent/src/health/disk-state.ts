import type { DeviceState } from '@vigie/shared/protocol/messages';
import type { VolumeCondition } from '../retention/ladder.ts';
import type { DiskSpace } from './disk.ts';

/** A disk as the state message tells it; `condition` is what the ladder last saw, `space` the room of this moment. */
export function diskState(
  space: DiskSpace,
  condition: Pick<VolumeCondition, 'rung' | 'forecast'> | undefined,
  skippedCaptures?: number,
): DeviceState['disk'] {
  const { rung, forecast } = condition ?? {};
  return {
    ...space,
    ...(rung && { rung }),
    ...(forecast && { growthBytesPerDay: forecast.growthBytesPerDay, daysLeft: forecast.daysLeft }),
    ...(skippedCaptures !== undefined && { skippedCaptures }),
  };
}
