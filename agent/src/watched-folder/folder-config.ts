import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';

const CAMERA_FILES = '*.jpg;*.jpeg;*.cr2;*.cr3;*.nef;*.nrw;*.arw;*.raf;*.dng;*.raw;*.png;*.heic';

/** Settings of one watched folder, with the defaults of a picture source. See `docs/watched-folder.md`. */
export const watchedFolderConfig = z.strictObject({
  /** The root, with input, stage, result, preserve and failure below it; default: dataFolder/sources/NAME. */
  path: z.string().min(1).optional(),
  include: z.string().min(1).default(CAMERA_FILES),
  exclude: z.string().default(''),
  waitTime: duration.default(2_000),
  interval: duration.refine((ms) => ms >= 50, '50ms or more is allowed').default(1_000),
  batchSize: z.int().min(1).max(10_000).default(16),
  throttling: z.boolean().default(true),
  /** Files processed at the same time. */
  concurrency: z.int().min(1).max(16).default(1),
  /** Below `result`, `preserve` and `failure`; letters as in `docs/watched-folder.md`. */
  result: z.string().default('%Y%M%D/'),
  preserve: z.string().nullable().default('%Y%M%D/'),
  failure: z.string().default('%Y%M%D/'),
  preserveOnFailure: z.boolean().default(true),
});
export type WatchedFolderConfig = z.infer<typeof watchedFolderConfig>;
