import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';
import { isEmptyList, listFault } from './glob.ts';
import { placeFault } from './place-pattern.ts';

/** What cameras write. This list matches in any letter case, which an own list does not. */
export const CAMERA_FILES = '*.jpg;*.jpeg;*.cr2;*.cr3;*.nef;*.nrw;*.arw;*.raf;*.dng;*.raw;*.png;*.heic';

/** Text that `fault` finds nothing wrong with; what it finds is the message. */
const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** Names to match, between `;`: globs, or regular expressions after `re:`. */
const nameList = checked(listFault);
const placePattern = checked(placeFault);

/** Settings of one watched folder, with the defaults of a picture source. See `docs/watched-folder.md`. */
export const watchedFolderConfig = z.strictObject({
  /** The root, with input, stage, result, preserve and failure below it; default: dataFolder/sources/NAME. */
  path: z.string().min(1).optional(),
  include: nameList.refine((list) => !isEmptyList(list), 'at least one pattern is needed').default(CAMERA_FILES),
  exclude: nameList.default(''),
  waitTime: duration.default(2_000),
  interval: duration.refine((ms) => ms >= 50, '50ms or more is allowed').default(1_000),
  batchSize: z.int().min(1).max(10_000).default(16),
  throttling: z.boolean().default(true),
  /** Files processed at the same time. */
  concurrency: z.int().min(1).max(16).default(1),
  /** Below `result`, `preserve` and `failure`; letters as in `docs/watched-folder.md`. */
  result: placePattern.default('%Y%M%D/'),
  preserve: placePattern.nullable().default('%Y%M%D/'),
  failure: placePattern.default('%Y%M%D/'),
  preserveOnFailure: z.boolean().default(true),
});
export type WatchedFolderConfig = z.infer<typeof watchedFolderConfig>;
