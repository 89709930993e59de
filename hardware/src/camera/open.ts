import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { OwnCommand } from '@vigie/shared/kit/own-part';
import type { Camera } from './camera.ts';
import { createFolderCamera, type FolderOptions } from './folder.ts';
import type { TakenFiles } from './folder-take.ts';
import { createGphoto2, type Gphoto2Options } from './gphoto2.ts';
import type { BodyChoice } from './gphoto2-order.ts';
import { createHttpCamera, type HttpCameraOptions } from './http.ts';
import { createRpicam } from './rpicam.ts';
import type { RpicamSettings } from './rpicam-arguments.ts';
import { createRtsp, type RtspOptions } from './rtsp.ts';
import { createTestPicture, type DrawTestPicture } from './test-picture.ts';

/** Which camera, as a program's configuration says it; durations in milliseconds, sizes in pixels and bytes. */
export type CameraConfig =
  | { type: 'test-picture'; width: number; height: number; bytes: number; timeLimit: number }
  | Gphoto2Config
  | RpicamConfig
  | (SignIn & { type: 'http'; timeLimit: number } & Pick<
        HttpCameraOptions,
        'url' | 'authentication' | 'caFile' | 'serverName' | 'bytesMax'
      >)
  | (SignIn & { type: 'rtsp'; timeLimit: number } & Pick<
        RtspOptions,
        'url' | 'transport' | 'quality' | 'keyFrame' | 'command'
      >)
  | FolderConfig;

type Gphoto2Config = { type: 'gphoto2'; timeLimit: number; conditionEvery: number } & BodyChoice &
  Pick<Gphoto2Options, 'keepOnCard' | 'settings' | 'captureTarget' | 'files'>;
/** Both are there, or none. */
type SignIn = { user?: string | undefined; passwordFile?: string | undefined };
type RpicamConfig = { type: 'rpicam-still'; timeLimit: number } & Omit<
  RpicamSettings,
  'settleMs' | 'shutterUs' | 'extra'
> & {
    command?: string | undefined;
    settle: number;
    /** Microseconds. */
    shutter?: number | undefined;
    arguments: readonly string[];
  };
type FolderConfig = { type: 'folder'; timeLimit: number; waitTime: number; lookEvery: number } & Pick<
  FolderOptions,
  'path' | 'take' | 'depth' | 'extensions' | 'timeFrom' | 'namePattern' | 'filesMax'
>;

export type CameraParts = {
  /** The first line of a file, for passwords; read again for each capture. */
  readSecret: (file: string) => string;
  /** A folder of this camera alone, on the file system of the captures' folders; its parent exists when a capture begins. */
  keepFolder: string;
  /** Which files of a `folder` camera have been taken. */
  taken: TakenFiles;
  /** The capture time that the first bytes of a picture tell, ms since 1970. */
  exifTime: (head: Buffer, zone: string) => Promise<number | undefined>;
  clock: Clock;
  /** A TrueType file with the family DejaVu Sans, for pictures that are drawn here. */
  fontFile: string;
  /** Draws a test picture: here (`test-picture-drawing.ts`) or in another process. */
  drawTestPicture: DrawTestPicture;
  /** The whole environment of processes that are started; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** Hears what should be mended and does not stop a capture, each once. */
  warn?: ((message: string) => void) | undefined;
  /** How a packed program starts a capturing process. */
  gphoto2Child?: OwnCommand | undefined;
};

/** The camera that a configuration names. It is opened by its first capture: one that is absent now is no error here. */
export function openCamera(config: CameraConfig, parts: CameraParts): Camera {
  const { fontFile, drawTestPicture: draw, environment, gphoto2Child } = parts;
  switch (config.type) {
    case 'test-picture':
      return createTestPicture({
        width: config.width,
        height: config.height,
        bytes: config.bytes,
        fontFile,
        draw,
        timeLimitMs: config.timeLimit,
      });
    case 'gphoto2':
      return createGphoto2({
        timeLimitMs: config.timeLimit,
        choice: { serial: config.serial, owner: config.owner, model: config.model },
        settings: config.settings,
        captureTarget: config.captureTarget,
        keepOnCard: config.keepOnCard,
        files: config.files,
        conditionEveryMs: config.conditionEvery,
        warn: parts.warn,
        environment,
        child: gphoto2Child,
      });
    case 'rpicam-still': {
      const { timeLimit, settle, shutter, arguments: extra, ...settings } = config;
      return createRpicam({
        ...settings,
        timeLimitMs: timeLimit,
        settleMs: settle,
        shutterUs: shutter,
        extra,
        environment,
      });
    }
    case 'http':
      return createHttpCamera({ ...config, timeLimitMs: config.timeLimit, credentials: credentialsOf(config, parts) });
    case 'rtsp':
      return createRtsp({
        ...config,
        timeLimitMs: config.timeLimit,
        credentials: credentialsOf(config, parts),
        environment,
      });
    case 'folder': {
      const { keepFolder, taken, exifTime, clock } = parts;
      const { timeLimit, waitTime, lookEvery, ...settings } = config;
      const times = { timeLimitMs: timeLimit, waitTimeMs: waitTime, lookEveryMs: lookEvery };
      return createFolderCamera({ ...settings, ...times, keepFolder, taken, exifTime, clock });
    }
  }
}

function credentialsOf({ user, passwordFile }: SignIn, { readSecret }: CameraParts) {
  if (user === undefined || passwordFile === undefined) return undefined;
  return () => ({ user, password: secretIn(passwordFile, readSecret) });
}

function secretIn(file: string, readSecret: CameraParts['readSecret']): string {
  try {
    return readSecret(file);
  } catch (cause) {
    throw new VigieError('camera-refused', `read the password from ${JSON.stringify(file)}: it cannot be read`, {
      cause,
      retryable: true,
      hint: 'Write the password into this file, as its first line, and let the agent’s user read it.',
    });
  }
}
