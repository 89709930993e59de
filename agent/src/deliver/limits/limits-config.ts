import { identifier, KINDS } from '@vigie/shared/protocol/asset';
import { z } from 'zod';
import { parseTimetable } from './bandwidth-timetable.ts';
import { parseWindow } from './windows.ts';

/** A text that another notation reads. */
function written<T>(parse: (text: string) => T | undefined, allowed: string) {
  return z.string().transform((text, context): T => {
    const found = parse(text);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

const UNITS = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
const bytes = z
  .string()
  .regex(/^\d+(\.\d+)?[BKMGT]$/, 'a number of bytes with a unit is allowed: 500M, 20G')
  .transform((text) => Math.round(Number(text.slice(0, -1)) * UNITS[text.at(-1) as keyof typeof UNITS]));

const windows = z
  .array(
    written(parseWindow, 'hours of the day are allowed, such as "22:00-06:00", with weekdays "sat,sun 00:00-24:00"'),
  )
  .min(1)
  .max(20);

/** What may go to a destination, and when. Times are in the agent's zone. */
export const limitsConfig = z.strictObject({
  bandwidth: written(
    parseTimetable,
    'rclone\'s --bwlimit is allowed: "512K", "1M:off", or a timetable such as "08:00,512K 18:00,10M 23:00,off"',
  ).optional(),
  /** Bytes sent in a calendar month; what comes after them waits for the next one. */
  monthly: bytes.optional(),
  /** What fits a rule goes while one of its windows is open. What fits several rules needs all of them; what fits none goes always. */
  windows: z
    .array(
      z.strictObject({
        sources: z.array(identifier).min(1).optional(),
        kinds: z.array(z.enum(KINDS)).min(1).optional(),
        open: windows,
      }),
    )
    .max(20)
    .default([]),
  /** Of each source and kind one picture in so many goes at once, and the rest while a window is open. */
  thin: z.strictObject({ oneIn: z.int().min(2).max(100_000), rest: windows }).optional(),
});
export type Limits = z.infer<typeof limitsConfig>;
