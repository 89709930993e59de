/**
 * Arguments of `rpicam-still`. What is absent is left to the program. Source: rpicam-apps 1.5, `core/options.cpp` and
 * `core/still_options.hpp`; libcamera-apps before it has the same ones under the name `libcamera-still`.
 */
export type RpicamSettings = {
  /** Which camera, where several are attached; `rpicam-still --list-cameras` numbers them from 0. */
  camera?: number | undefined;
  /** Pixels; the sensor's own size where absent. */
  width?: number | undefined;
  height?: number | undefined;
  /** Of the JPEG, 1–100. */
  quality: number;
  rotation: 0 | 180;
  hflip: boolean;
  vflip: boolean;
  /** How long exposure and white balance settle before the picture, in milliseconds; 0 takes the first frame. */
  settleMs: number;
  /** A fixed exposure time, in microseconds. */
  shutterUs?: number | undefined;
  /** A fixed gain, 1 and more. */
  gain?: number | undefined;
  exposure?: string | undefined;
  metering?: string | undefined;
  /** Exposure compensation in stops. */
  ev?: number | undefined;
  awb?: string | undefined;
  /** Fixed gains of red and blue, which switch the automatic white balance off. */
  awbGains?: readonly [red: number, blue: number] | undefined;
  denoise?: string | undefined;
  tuningFile?: string | undefined;
  /** A DNG beside the JPEG. */
  raw: boolean;
  /** Further arguments, as they stand. */
  extra: readonly string[];
};

export function rpicamArguments(settings: RpicamSettings, output: string): string[] {
  const { settleMs, shutterUs, awbGains } = settings;
  const valued: [option: string, value: string | number | undefined][] = [
    ['camera', settings.camera],
    ['width', settings.width],
    ['height', settings.height],
    ['quality', settings.quality],
    ['rotation', settings.rotation || undefined],
    ['shutter', shutterUs],
    ['gain', settings.gain],
    ['exposure', settings.exposure],
    ['metering', settings.metering],
    ['ev', settings.ev],
    ['awb', settings.awb],
    ['awbgains', awbGains?.join(',')],
    ['denoise', settings.denoise],
    ['tuning-file', settings.tuningFile],
  ];
  return [
    '--nopreview',
    '--encoding',
    'jpg',
    '--output',
    output,
    ...(settleMs === 0 ? ['--immediate'] : ['--timeout', String(settleMs)]),
    // With "=", since a value may begin with "-", which would be an option.
    ...valued.flatMap(([option, value]) => (value === undefined ? [] : [`--${option}=${value}`])),
    ...(settings.hflip ? ['--hflip'] : []),
    ...(settings.vflip ? ['--vflip'] : []),
    ...(settings.raw ? ['--raw'] : []),
    ...settings.extra,
  ];
}

/** Options that say what is written where, and when: the adapter's own, or at odds with one picture a run. */
const OWN = [
  'output',
  'encoding',
  'raw',
  'timeout',
  'immediate',
  'timelapse',
  'framestart',
  'datetime',
  'timestamp',
  'latest',
  'keypress',
  'signal',
  'config',
  'help',
  'version',
  'list-cameras',
];
const OWN_LETTERS = 'oertkscth'.split('');

/** What is wrong with a further argument; undefined when nothing is. The program takes beginnings of names for the names. */
export function argumentFault(argument: string): string | undefined {
  const long = /^--([\w-]+)/.exec(argument)?.[1];
  const own =
    long === undefined ? undefined : OWN.find((name) => name === long || (long.length > 2 && name.startsWith(long)));
  const letter = /^-([a-z])/.exec(argument)?.[1];
  if (own === undefined && (letter === undefined || !OWN_LETTERS.includes(letter))) return undefined;
  return `${JSON.stringify(argument)}: "${own === undefined ? `-${letter}` : `--${own}`}" is the adapter's own; settings of the camera are allowed`;
}
