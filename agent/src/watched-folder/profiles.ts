/** What cameras write. This list matches in any letter case, which an own list does not. */
export const CAMERA_FILES = '*.jpg;*.jpeg;*.cr2;*.cr3;*.nef;*.nrw;*.arw;*.raf;*.dng;*.raw;*.png;*.heic';

const COMMON = {
  exclude: '',
  ignore: true,
  files: '*',
  repeatCount: -1,
  throttling: true,
  concurrency: 1,
  asynchronous: true,
  timeLimit: 600_000,
  settleTime: 2_000,
  preserveOnFailure: true,
  overwriteDuplicates: false,
  stageExpiration: null as number | null,
  expireOnlyWhenThrottled: true,
  intake: 'input' as 'input' | 'root',
  shared: false,
  durable: true,
  purge: { result: -1, preserve: -1, failure: -1 },
  inputs: {},
} as const;

/**
 * The settings that a watched folder begins with: `camera` for the pictures of a source, `aem` for a folder as the
 * documentation of Adobe's Watched Folder (AEM Forms, JEE and OSGi editions) has it.
 */
export const PROFILES = {
  camera: {
    ...COMMON,
    include: CAMERA_FILES,
    folders: false,
    waitTime: 2_000,
    interval: 1_000,
    batchSize: 16,
    result: '%Y%M%D/',
    preserve: '%Y%M%D/' as string | null,
    failure: '%Y%M%D/',
    patternTime: 'capture' as 'capture' | 'processing',
    hexadecimalNames: false,
    readOnly: 'take' as 'take' | 'fail',
    empty: 'fail' as 'take' | 'fail',
  },
  aem: {
    ...COMMON,
    include: '*',
    folders: true,
    waitTime: 0,
    interval: 5_000,
    batchSize: 2,
    result: '%Y/%M/%D/',
    preserve: '%Y/%M/%D/' as string | null,
    failure: '%Y/%M/%D/',
    patternTime: 'processing' as 'capture' | 'processing',
    hexadecimalNames: true,
    readOnly: 'fail' as 'take' | 'fail',
    empty: 'take' as 'take' | 'fail',
  },
} as const;
