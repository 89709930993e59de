import { namePatternFault } from '@vigie/hardware/camera/folder-time';
import { argumentFault } from '@vigie/hardware/camera/rpicam-arguments';
import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';
import { gphoto2Config } from './gphoto2-config.ts';

/** A source's camera, in the agent's YAML. See `docs/cameras.md`. */

/** Text that `fault` finds nothing wrong with; what it finds is the message. */
const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** The whole capture; a camera that takes longer is stopped. */
const timeLimit = duration.refine((ms) => ms >= 100 && ms <= 3_600_000, '100ms to 1h is allowed');

/** An address without user and password: a configuration is shown and copied, a password is not. */
const address = (...schemes: string[]) =>
  checked((text) => {
    const quoted = schemes.map((scheme) => `${scheme}://`).join(' or ');
    if (!schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}://`)) || !URL.canParse(text)) {
      return `an address that begins with ${quoted} is allowed`;
    }
    const { username, password, hostname } = new URL(text);
    if (hostname === '') return 'the address names no host';
    if (/[\s'"\\]/.test(text)) return 'a space, a quote or a "\\" is not allowed; write it as %20, %27, %22 or %5C';
    return username === '' && password === ''
      ? undefined
      : 'no user and no password are allowed in it; write them as "user" and "passwordFile"';
  });

/** It runs in the capture's folder, where a relative path would lead nowhere. */
const program = z.string().regex(/^(\/.+|[^/]+)$/, 'the name of a program, or its absolute path, is allowed');

const signIn = {
  user: z.string().min(1).optional(),
  /** A file whose first line is the password; it is read for each capture. */
  passwordFile: z.string().min(1).optional(),
};
const bothOrNone = { path: ['passwordFile'], message: '"user" and "passwordFile" are allowed together only' };
const isBothOrNone = (camera: { user?: string | undefined; passwordFile?: string | undefined }): boolean =>
  (camera.user === undefined) === (camera.passwordFile === undefined);

const testPicture = z.strictObject({
  type: z.literal('test-picture'),
  width: z.int().min(64).max(12_000).default(1920),
  height: z.int().min(64).max(12_000).default(1280),
  /** Files are padded with noise to at least this size, to stand for a real camera's. */
  bytes: z.int().min(0).max(50_000_000).default(0),
  timeLimit: timeLimit.default(60_000),
});

/** An exposure time, `1/250s`, `500us`, `20ms`, `2.5s`: in microseconds. */
const exposureTime = z
  .string()
  .regex(/^(1\/[1-9]\d{0,5}s|\d+(\.\d+)?(us|ms|s))$/, 'a time is allowed: 1/250s, 500us, 20ms, 2.5s')
  .transform((text) => {
    const [, part, amount, unit] = /^(?:1\/(\d+)|([\d.]+))(us|ms|s)$/.exec(text) as unknown as [
      string,
      string?,
      string?,
      string?,
    ];
    const scale = unit === 'us' ? 1 : unit === 'ms' ? 1000 : 1_000_000;
    return Math.round((part === undefined ? Number(amount) : 1 / Number(part)) * scale);
  })
  .refine((us) => us >= 1 && us <= 700_000_000, '1us to 700s is allowed');

const rpicamStill = z
  .strictObject({
    type: z.literal('rpicam-still'),
    /** The program; `rpicam-still`, or else `libcamera-still`, where absent. */
    command: program.optional(),
    camera: z.int().min(0).max(7).optional(),
    width: z.int().min(16).max(20_000).optional(),
    height: z.int().min(16).max(20_000).optional(),
    quality: z.int().min(1).max(100).default(93),
    rotation: z.union([z.literal(0), z.literal(180)], '0 or 180 is allowed').default(0),
    hflip: z.boolean().default(false),
    vflip: z.boolean().default(false),
    /** How long exposure and white balance settle; 0s takes the first frame. */
    settle: duration.refine((ms) => ms <= 600_000, '10m or less is allowed').default(2_000),
    shutter: exposureTime.optional(),
    gain: z.number().min(1).max(64).optional(),
    exposure: z.enum(['normal', 'sport', 'long', 'custom']).optional(),
    metering: z.enum(['centre', 'spot', 'average', 'matrix', 'custom']).optional(),
    ev: z.number().min(-10).max(10).optional(),
    awb: z
      .enum(['auto', 'incandescent', 'tungsten', 'fluorescent', 'indoor', 'daylight', 'cloudy', 'custom'])
      .optional(),
    awbGains: z.tuple([z.number().min(0).max(32), z.number().min(0).max(32)]).optional(),
    denoise: z.enum(['auto', 'off', 'cdn_off', 'cdn_fast', 'cdn_hq']).optional(),
    tuningFile: z.string().min(1).optional(),
    raw: z.boolean().default(false),
    arguments: z.array(checked(argumentFault)).max(64).default([]),
    timeLimit: timeLimit.default(30_000),
  })
  .refine((camera) => camera.settle + (camera.shutter ?? 0) / 1000 < camera.timeLimit, {
    path: ['timeLimit'],
    message: 'it must be longer than "settle" and "shutter" together',
  });

const http = z
  .strictObject({
    type: z.literal('http'),
    url: address('http', 'https'),
    ...signIn,
    authentication: z.enum(['auto', 'basic', 'digest']).default('auto'),
    caFile: z.string().min(1).optional(),
    serverName: z.string().min(1).optional(),
    timeLimit: timeLimit.default(20_000),
    bytesMax: z.int().min(1_000).max(1_000_000_000).default(50_000_000),
  })
  .refine(isBothOrNone, bothOrNone);

const rtsp = z
  .strictObject({
    type: z.literal('rtsp'),
    url: address('rtsp', 'rtsps'),
    ...signIn,
    transport: z.enum(['tcp', 'udp']).default('tcp'),
    /** ffmpeg's scale: 1 is the best, 31 the smallest file. */
    quality: z.int().min(1).max(31).default(2),
    /** Waits for a picture of the stream that is whole in itself. */
    keyFrame: z.boolean().default(true),
    command: program.default('ffmpeg'),
    timeLimit: timeLimit.default(30_000),
  })
  .refine(isBothOrNone, bothOrNone);

const extension = z.string().regex(/^[a-z0-9]{1,8}$/, 'an extension in lower case without dot is allowed, such as jpg');
const folder = z.strictObject({
  type: z.literal('folder'),
  path: z.string().min(1),
  take: z.enum(['move', 'copy']).default('move'),
  waitTime: duration.refine((ms) => ms <= 3_600_000, '1h or less is allowed').default(5_000),
  /** A source without a schedule looks so often. */
  lookEvery: duration.refine((ms) => ms >= 100 && ms <= 86_400_000, '100ms to 1d is allowed').default(5_000),
  depth: z.int().min(0).max(16).default(4),
  extensions: z
    .array(extension)
    .min(1)
    .default(['jpg', 'jpeg', 'png', 'heic', 'cr2', 'cr3', 'nef', 'nrw', 'arw', 'raf', 'dng', 'raw']),
  timeFrom: z
    .array(z.enum(['name', 'exif', 'mtime']))
    .min(1)
    .max(3)
    .default(['name', 'exif', 'mtime']),
  namePattern: checked(namePatternFault).optional(),
  filesMax: z.int().min(1).max(1_000).default(50),
  timeLimit: timeLimit.default(120_000),
});

export const cameraConfig = z.discriminatedUnion('type', [testPicture, gphoto2Config, rpicamStill, http, rtsp, folder]);
export type CameraSettings = z.infer<typeof cameraConfig>;
