import { cronPattern } from '@vigie/shared/kit/cron';
import { duration } from '@vigie/shared/kit/duration';
import { zoneName } from '@vigie/shared/kit/zone';
import { identifier } from '@vigie/shared/protocol/asset';
import { z } from 'zod';

/** The settings of reports that come by themselves, and of how long reports are kept. See `docs/sync-reports.md`. */

const ANY = '*';
const sourcePattern = z
  .string()
  .refine((text) => {
    const parts = text.split('/');
    return parts.length === 3 && parts.every((part) => part === ANY || identifier.safeParse(part).success);
  }, 'SITE/DEVICE/SOURCE is allowed, with * for any of a part: */*/garden')
  .transform((text) => {
    const [site, device, source] = text.split('/') as [string, string, string];
    return { site, device, source };
  });

const reportSchedule = z.strictObject({
  cron: cronPattern,
  /** The zone in which the pattern tells time, and `days` counts days. */
  zone: zoneName.default('UTC'),
  source: sourcePattern.prefault('*/*/*'),
  destination: z
    .string()
    .refine(
      (text) => text === ANY || identifier.safeParse(text).success,
      'the name of a destination is allowed, or * for all that a source delivers to',
    )
    .default(ANY),
  /** Only the day folders of the last so many days, today among them; absent: all. */
  days: z
    .int('a whole number of days is allowed, 1 to 3660')
    .min(1, '1 to 3660 days are allowed')
    .max(3660, '1 to 3660 days are allowed')
    .optional(),
  /** Order what can be mended once the report has completed. */
  sync: z.boolean().default(false),
  proof: z.enum(['size', 'digest']).default('size'),
});
export type ReportSchedule = z.infer<typeof reportSchedule>;

export const reportsConfig = z.strictObject({
  schedule: z
    .array(reportSchedule)
    .max(64)
    .default([])
    .superRefine((schedules, context) => {
      const keys = schedules.map(scheduleKey);
      for (const [index, key] of keys.entries()) {
        if (keys.indexOf(key) === index) continue;
        const message = `the same as schedule ${keys.indexOf(key) + 1}: each is allowed once`;
        context.addIssue({ code: 'custom', path: [index], message });
      }
    }),
  /** A folder of a destination that seems unchanged is listed again after so long; 0: in every report. */
  listAgainAfter: duration.default(7 * 86_400_000),
  /** Reports at their end are removed after so long … */
  keep: duration.default(90 * 86_400_000),
  /** … but for the newest so many of each pair. */
  keepAtLeast: z
    .int('a whole number is allowed, 1 to 10000')
    .min(1, '1 to 10000 are allowed')
    .max(10_000, '1 to 10000 are allowed')
    .default(10),
});

/** What a schedule is known by from one start to the next: all that it says. */
export function scheduleKey({ cron, zone, source, destination, days, sync, proof }: ReportSchedule): string {
  const { site, device, source: name } = source;
  return JSON.stringify([cron, zone, `${site}/${device}/${name}`, destination, days ?? null, sync, proof]);
}
