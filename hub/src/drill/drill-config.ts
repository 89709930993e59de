import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';

/** How much time a device has in an outage drill. */
export const drillConfig = z.strictObject({
  /** To be back, once the drill's time is over. */
  returnWithin: duration.default(120_000),
  /** To have everything delivered and found at its destinations, once it is back. */
  greenWithin: duration.default(3_600_000),
});
export type DrillConfig = z.infer<typeof drillConfig>;
