import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';

/** When the hub makes certificates by itself. */
export const certificateConfig = z
  .strictObject({
    /** Pause between two rounds through all days. */
    every: duration.refine((ms) => ms >= 1000, 'at least 1s is allowed').default(86_400_000),
    /** How long after its end a day is certified: late files have arrived by then. */
    after: duration.default(3_600_000),
  })
  .prefault({});
