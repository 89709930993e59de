import { duration } from '@vigie/shared/kit/duration';
import { identifier } from '@vigie/shared/protocol/asset';
import { z } from 'zod';

const UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/** A size in configuration: a number with its unit, `500kB`, `64MB`, `2GB`. Parsed to bytes. */
const size = z
  .string()
  .regex(/^\d+(\.\d+)?(B|kB|MB|GB|TB)$/, 'a number with a unit is allowed: 500kB, 64MB, 2GB')
  .transform((text) => {
    const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text) as unknown as [string, string, keyof typeof UNITS];
    return Math.round(Number(amount) * UNITS[unit]);
  });

const mark = (percent: number, bytes: number, inodes: number) =>
  z
    .strictObject({
      percent: z.number().min(0).max(90).default(percent),
      bytes: size.default(bytes),
      inodes: z.int().min(0).default(inodes),
    })
    .prefault({});

/** What the agent does when a disk fills up. See `docs/disk.md`. */
export const diskConfig = z
  .strictObject({
    /** Time between two looks at the disks. */
    lookEvery: duration.refine((ms) => ms >= 100, '100ms or more is allowed').default(30_000),
    /** Free room below which derivatives are removed, then proved files, oldest first. */
    clean: mark(10, 2e9, 20_000),
    /** … below which nothing is made any more: pictures wait in stage. */
    stopProcessing: mark(5, 500e6, 5_000),
    /** … below which captures are skipped, and counted. */
    skipCaptures: mark(2, 100e6, 1_000),
    /** By how many percent the room must exceed a mark before the mark counts as left. */
    marginPercent: z.number().min(1).max(100).default(25),
    /** A file beside the ledger that is given up on the last rung, to have room to clean up; at most 5 % of the disk. */
    reserve: size.default(32e6),
    proof: z
      .strictObject({
        /** `all`: every destination of the source; a list: at least one of these. */
        at: z.union([z.literal('all'), z.array(identifier).min(1).max(32)]).default('all'),
        /** What the receipt must have compared: the digest of all bytes, or their count. */
        level: z.enum(['size', 'digest']).default('digest'),
      })
      .prefault({}),
    /** When may an original in preserve go, of which something else was made and delivered? */
    preservedOriginals: z.enum(['own-proof', 'with-result']).default('own-proof'),
  })
  .superRefine((config, context) => {
    for (const [higher, lower] of [
      ['clean', 'stopProcessing'],
      ['stopProcessing', 'skipCaptures'],
    ] as const) {
      for (const key of ['percent', 'bytes', 'inodes'] as const) {
        if (config[lower][key] <= config[higher][key]) continue;
        const message = `${config[lower][key]} is more than "${higher}" has (${config[higher][key]}); at most that is allowed`;
        context.addIssue({ code: 'custom', path: [lower, key], message });
      }
    }
  });
export type DiskConfig = z.infer<typeof diskConfig>;
