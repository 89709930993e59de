import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtGphoto2 } from '@vigie/hardware/camera/gphoto2-look';
import { openCamera } from '@vigie/hardware/camera/open';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { readSecret } from '@vigie/shared/remote/destination-config';
import { pictureEnvironment, type SourceConfig } from '../config.ts';
import { checkCamera } from '../doctor/camera-check.ts';
import type { Check } from '../doctor/finding.ts';
import { reach } from '../doctor/reach.ts';
import { checkUsb } from '../doctor/usb-check.ts';
import { FONT_FILE } from '../process/font.ts';
import { createPictureProcess } from '../process/picture-process.ts';

const LOOK_LIMIT_MS = 20_000;
const GRACE_MS = 15_000;

/** What is looked at for one source's camera. A picture is taken only where that was asked for. */
export function cameraChecks(source: SourceConfig, options: { capture: boolean }): Check[] {
  const { name, camera } = source;
  const usb: Check = {
    area: 'camera',
    subject: name,
    look: () => checkUsb({ serial: camera.type === 'gphoto2' ? camera.serial : undefined }),
  };
  const look = lookFor(source);
  // What others drop into a folder is taken by a capture: that is the agent's business.
  const capture =
    options.capture && camera.type !== 'folder' ? (signal: AbortSignal) => pictureOf(source, signal) : undefined;
  const itself: Check = {
    area: 'camera',
    subject: name,
    limitMs: LOOK_LIMIT_MS + GRACE_MS + (capture ? camera.timeLimit + GRACE_MS : 0),
    look: (signal) => checkCamera({ look, capture }, signal),
  };
  return camera.type === 'gphoto2' ? [usb, itself] : [itself];
}

function lookFor({ camera }: SourceConfig): ((signal: AbortSignal) => Promise<string>) | undefined {
  switch (camera.type) {
    case 'gphoto2':
      return async (signal) => {
        const choice = { serial: camera.serial, owner: camera.owner, model: camera.model };
        const { body, condition } = await lookAtGphoto2({ choice, limitMs: LOOK_LIMIT_MS }, signal);
        const serial = condition?.serial ?? body.serial;
        const battery = condition?.batteryPercent;
        return [
          `"${body.model}" answers at ${body.port}`,
          ...(serial === undefined ? [] : [`serial ${serial}`]),
          ...(battery === undefined ? [] : [`battery at ${battery} %`]),
        ].join(', ');
      };
    case 'http':
    case 'rtsp':
      return (signal) => reach(camera.url, LOOK_LIMIT_MS, signal);
    case 'folder':
      return async () => {
        try {
          return `"${camera.path}" can be read and holds ${(await readdir(camera.path)).length} names`;
        } catch (error) {
          throw new VigieError('camera-absent', `read folder "${camera.path}": ${messageOf(error)}`, {
            cause: error,
            hint: `ls -ld '${camera.path}'`,
          });
        }
      };
    default:
      return undefined;
  }
}

/** One picture, as the agent takes it, in a folder that goes with it. */
async function pictureOf({ name, camera: config, zone = 'UTC' }: SourceConfig, signal: AbortSignal): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'vigie-doctor-'));
  try {
    const folder = join(work, 'capture');
    await mkdir(folder);
    // It starts its process for a drawing alone.
    await using pictures = createPictureProcess({ environment: pictureEnvironment(), clock, log: silentLog });
    await using camera = openCamera(config, {
      fontFile: FONT_FILE,
      drawTestPicture: pictures.drawTestPicture,
      readSecret,
      keepFolder: join(work, 'copies'),
      taken: { has: () => false, add: () => undefined, forget: () => undefined, retain: () => undefined },
      exifTime: async () => undefined,
      clock,
    });
    const files = await camera.capture({ folder, at: clock.now(), zone, source: name, sequence: 1 }, signal);
    const sizes = await Promise.all(
      files.map(async ({ path, extension }) => `${extension} of ${(await stat(path)).size} bytes`),
    );
    return `"${camera.description}" gave a picture: ${sizes.join(', ')}`;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
