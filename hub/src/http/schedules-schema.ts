import { z } from '@hono/zod-openapi';

const instant = z.iso.datetime();
const count = z.int().nonnegative();

/** What the hub does by itself, and how long it keeps what comes of it. It is changed in the file that `setIn` names, and read at its start. */
export const schedules = z
  .object({
    setIn: z.string(),
    reports: z.array(
      z.object({
        cron: z.string(),
        zone: z.string(),
        /** SITE/DEVICE/SOURCE, with * for any. */
        source: z.string(),
        destination: z.string(),
        /** Only the last so many days; null: all. */
        days: z.int().nullable(),
        sync: z.boolean(),
        proof: z.enum(['size', 'digest']),
        nextAt: instant.nullable(),
      }),
    ),
    /** Reports are removed after so long, but for the newest so many of each pair. */
    keep: z.object({ reportsMs: count, reportsAtLeast: count }),
    /** A destination's unchanged folders are listed again after so long. */
    listAgainAfterMs: count,
    certificates: z.object({ everyMs: count, afterMs: count }),
    /** What follows an outage of at least so long, and when a re-sync ends by itself. */
    resync: z.object({
      policy: z.enum(['automatic', 'ask', 'never']),
      outageAfterMs: count,
      jobExpiryMs: count,
      devicesAtOnce: z.int().nullable(),
      bytesPerSecond: z.int().nullable(),
    }),
  })
  .openapi('Schedules');
