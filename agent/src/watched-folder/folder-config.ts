import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';
import { cronFault } from './cron.ts';
import { isEmptyList, listFault } from './glob.ts';
import { inputsConfig } from './mapping.ts';
import { placeFault } from './place-pattern.ts';
import { PROFILES } from './profiles.ts';
import { purgeConfig } from './purge.ts';

/** Text that `fault` finds nothing wrong with; what it finds is the message. */
const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** Names to match, between `;`: globs, or regular expressions after `re:`. */
const nameList = checked(listFault);
/** Below the watched folder's own tree; `result` and `preserve` may also be absolute, which leaves the folder. */
const place = checked((text) => placeFault(text));
const placeAnywhere = checked((text) => placeFault(text, { absolute: true }));

const given = z.strictObject({
  profile: z.enum(['camera', 'aem']).default('camera'),
  /** The root, with input, stage, result, preserve and failure below it; default: dataFolder/sources/NAME. */
  path: z.string().min(1).optional(),
  /** Where files are dropped: in `input`, or in the root itself. */
  intake: z.enum(['input', 'root']).optional(),
  include: nameList.refine((list) => !isEmptyList(list), 'at least one pattern is needed').optional(),
  exclude: nameList.optional(),
  /** Leave alone what is being written or left behind: hidden files, `*.part`, `*.tmp`, `Thumbs.db`, `desktop.ini`. */
  ignore: z.boolean().optional(),
  /** Folders are candidates too; each is one job. */
  folders: z.boolean().optional(),
  /** Which files of a folder job belong to it. */
  files: nameList.optional(),
  readOnly: z.enum(['take', 'fail']).optional(),
  /** Files without a byte. */
  empty: z.enum(['take', 'fail']).optional(),
  waitTime: duration.optional(),
  /** How long size and modification time must have stayed the same, over at least two scans. */
  settleTime: duration.optional(),
  interval: duration.refine((ms) => ms >= 50, '50ms or more is allowed').optional(),
  /** Quartz's grammar; the interval is ignored. */
  cron: checked(cronFault).optional(),
  /** Scans until the folder rests for good; −1: for ever. */
  repeatCount: z.int().min(-1).optional(),
  batchSize: z.int().min(1).max(10_000).optional(),
  throttling: z.boolean().optional(),
  /** Jobs at the same time. */
  concurrency: z.int().min(1).max(64).optional(),
  /** `false`: a scan waits for the jobs that it has begun, one after the other. */
  asynchronous: z.boolean().optional(),
  /** Of one operation. */
  timeLimit: duration.refine((ms) => ms > 0, 'more than 0 is allowed').optional(),
  /** What the operation is given, by name; see `docs/watched-folder.md`. */
  inputs: inputsConfig.optional(),
  result: placeAnywhere.optional(),
  /** Of RAW files, where it is another one: `raw/%Y%M%D/` keeps them apart. */
  resultRaw: place.optional(),
  preserve: placeAnywhere.nullable().optional(),
  failure: place.optional(),
  /** Which time the letters of a place tell. */
  patternTime: z.enum(['capture', 'processing']).optional(),
  preserveOnFailure: z.boolean().optional(),
  /** Characters of a result's name other than letters, digits and the last dot, as hexadecimal bytes. */
  hexadecimalNames: z.boolean().optional(),
  /** A result or preserved file of the same name is replaced; else the new one gets a suffix. */
  overwriteDuplicates: z.boolean().optional(),
  /** A job that has been in stage for so long goes to failure; null: never. */
  stageExpiration: duration.nullable().optional(),
  expireOnlyWhenThrottled: z.boolean().optional(),
  /** Several processes, perhaps on several machines, work in this folder. */
  shared: z.boolean().optional(),
  /** Days after which files of result, preserve and failure go. */
  purge: purgeConfig.optional(),
  /** `false`: nothing is flushed, which is faster; a power cut may lose files. */
  durable: z.boolean().optional(),
});

/** The keys of the settings, in order. */
export const GIVEN_KEYS: readonly string[] = Object.keys(given.shape);

/** Settings of one watched folder as they are written down: every one has a default in its profile. */
export type GivenFolderConfig = z.input<typeof given>;

/** Settings of one watched folder; what is not given comes from its profile. See `docs/watched-folder.md`. */
export const watchedFolderConfig = given.transform(({ profile, ...own }) => {
  const known = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { profile, ...PROFILES[profile], ...known } as Settings & Pick<typeof own, 'path' | 'cron' | 'resultRaw'>;
});
type Own = Omit<z.output<typeof given>, 'path' | 'cron' | 'resultRaw'>;
type Settings = { [K in keyof Own]-?: Exclude<Own[K], undefined> };
export type WatchedFolderConfig = z.infer<typeof watchedFolderConfig>;
