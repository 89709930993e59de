import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';

const UNITS = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

/** What follows when a device returns after an outage and its report shows missing assets, and what re-syncs may take. */
export const resyncConfig = z.strictObject({
  policy: z.enum(['automatic', 'ask', 'never']).default('automatic'),
  /** An interruption shorter than this is no outage. */
  outageAfter: duration.default(60_000),
  jobExpiry: duration.default(7 * 86_400_000),
  /** So many devices run re-syncs at the same time; the others wait for their turn, the oldest order first. Absent: all at once. */
  devicesAtOnce: z.int().min(1).max(10_000).optional(),
  /** Bytes a second of all re-syncs together, split over the devices whose turn it is: `512K`, `10M`. Absent: no limit. */
  bandwidth: z
    .string()
    .regex(/^\d+(\.\d+)?[KMG]$/, 'bytes a second with a unit are allowed: 512K, 10M')
    .transform((text) => Math.round(Number(text.slice(0, -1)) * UNITS[text.at(-1) as keyof typeof UNITS]))
    .refine((bytes) => bytes > 0, 'more than nothing is allowed: 512K, 10M')
    .optional(),
});
