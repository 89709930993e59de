import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecoveringCamera } from '@vigie/agent/recovery/open-recovering';
import { recoveryConfig } from '@vigie/agent/recovery/recovery-config';
import { createRecoveries } from '@vigie/agent/store/recoveries';
import type { Camera } from '@vigie/hardware/camera/camera';
import { createFolderCamera } from '@vigie/hardware/camera/folder';
import { createGphoto2, type Gphoto2Options } from '@vigie/hardware/camera/gphoto2';
import { createHttpCamera } from '@vigie/hardware/camera/http';
import { createRpicam } from '@vigie/hardware/camera/rpicam';
import { createRtsp } from '@vigie/hardware/camera/rtsp';
import { createTestPicture } from '@vigie/hardware/camera/test-picture';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { fontFile } from '../support/font.ts';
import { gives, hangs, httpCamera } from '../support/http-camera.ts';
import { testLedger } from '../support/ledger.ts';
import { jpegPicture } from '../support/picture.ts';
import { rpicamStandIn } from '../support/rpicam/rpicam.ts';
import { rtspServer } from '../support/rtsp/rtsp-server.ts';
import { tempFolder } from '../support/temp.ts';
import { virtualCamera } from '../support/virtual-camera/virtual-camera.ts';

/** A camera's surroundings, which a test can break and mend. */
export type Stand = {
  /** A camera on them, with this limit in milliseconds, or with a generous one. */
  camera: (timeLimitMs?: number) => Camera;
  /** Something to take is there; called before each capture that is to succeed. */
  offer?: () => Promise<void>;
  begin: (fault: Fault) => Promise<void>;
  mend: () => Promise<void>;
  /** A time limit that a sound capture may take, and a hanging one meets soon. */
  shortLimitMs: number;
  /** How it is told that there is no camera. */
  absent: string;
};
export type Fault = 'absent' | 'hang' | 'empty';

const LIMIT_MS = 20_000;

export const STANDS: Record<string, () => Promise<Stand>> = {
  'test picture': async () => {
    let fault: Fault | undefined;
    return {
      camera: (timeLimitMs = LIMIT_MS) =>
        createTestPicture({
          ...{ width: 320, height: 240, bytes: 60_000, fontFile, timeLimitMs },
          async draw(picture, signal) {
            if (fault === undefined) return drawTestPicture(picture, signal);
            if (fault === 'empty') return writeFile(picture.path, '');
            if (fault === 'hang') return systemClock.sleep(60_000, signal);
            throw new VigieError('camera-crashed', 'draw: the drawing process ended', {
              retryable: true,
              hint: 'again',
            });
          },
        }),
      begin: async (next) => {
        fault = next;
      },
      mend: async () => {
        fault = undefined;
      },
      shortLimitMs: 500,
      // It has no hardware that could be away: what can be is the process that draws.
      absent: 'camera-crashed',
    };
  },

  'gphoto2, a plain picture': () => gphoto2Stand({}),
  'gphoto2, a session': () => gphoto2Stand({ settings: { iso: '200' } }),

  'a camera behind its recovery ladder': async () => {
    const stand = await (STANDS['test picture'] as () => Promise<Stand>)();
    const { ledger, outbox } = await testLedger();
    return {
      ...stand,
      camera: (timeLimit = LIMIT_MS) =>
        openRecoveringCamera({
          config: recoveryConfig.parse({}),
          camera: { type: 'test-picture', timeLimit },
          open: () => stand.camera(timeLimit),
          powerCycle: undefined,
          recoveries: createRecoveries(ledger, 'garden', outbox),
          // The next slot is near: a failure is told, and the ladder goes on with the next capture.
          roomMs: () => 0,
          zone: 'UTC',
          restartAgent: () => undefined,
          clock: systemClock,
          log: silentLog,
        }),
    };
  },

  'rpicam-still': async () => {
    const standIn = await rpicamStandIn();
    const settings = {
      quality: 93,
      rotation: 0,
      hflip: false,
      vflip: false,
      settleMs: 0,
      raw: false,
      extra: [],
    } as const;
    return {
      camera: (timeLimitMs = LIMIT_MS) => createRpicam({ ...settings, timeLimitMs, command: standIn.command }),
      begin: standIn.fault,
      mend: () => standIn.fault('none'),
      shortLimitMs: 800,
      absent: 'camera-absent',
    };
  },

  http: async () => {
    const picture = await jpegPicture();
    const server = await httpCamera(picture);
    let isAway = false;
    return {
      camera: (timeLimitMs = LIMIT_MS) =>
        createHttpCamera({ url: server.url, authentication: 'auto', bytesMax: 1_000_000, timeLimitMs }),
      async begin(fault) {
        isAway = fault === 'absent';
        if (isAway) await server.close();
        else server.behave(fault === 'hang' ? hangs : gives(''));
      },
      async mend() {
        if (isAway) await server.listen();
        isAway = false;
        server.behave(gives(picture));
      },
      shortLimitMs: 500,
      absent: 'camera-absent',
    };
  },

  rtsp: async () => {
    const server = await rtspServer();
    const folder = await tempFolder();
    const command = join(folder, 'ffmpeg');
    // A stream that ends before its first frame makes no picture or an empty one, and ffmpeg calls that a success.
    await writeFile(
      command,
      `#!/bin/sh\n[ -e '${folder}/empty' ] && exec truncate -s 0 picture.jpg\nexec ffmpeg "$@"\n`,
    );
    await chmod(command, 0o755);
    let isAway = false;
    return {
      camera: (timeLimitMs = LIMIT_MS) =>
        createRtsp({ url: server.url, transport: 'tcp', quality: 2, keyFrame: true, command, timeLimitMs }),
      async begin(fault) {
        isAway = fault === 'absent';
        if (isAway) await server.kill();
        else if (fault === 'hang') server.pause();
        else await writeFile(join(folder, 'empty'), '');
      },
      async mend() {
        await rm(join(folder, 'empty'), { force: true });
        server.resume();
        if (isAway) await server.start();
        isAway = false;
      },
      shortLimitMs: 1_500,
      absent: 'camera-absent',
    };
  },

  folder: async () => {
    const base = await tempFolder();
    const path = join(base, 'ftp');
    await mkdir(path);
    const picture = await jpegPicture();
    const clear = async () => {
      await rm(path, { recursive: true, force: true });
      await rm(`${path}.away`, { recursive: true, force: true });
      await mkdir(path);
    };
    let growing: NodeJS.Timeout | undefined;
    let count = 0;
    return {
      camera: (timeLimitMs = LIMIT_MS) =>
        createFolderCamera({
          ...{
            path,
            take: 'move',
            waitTimeMs: 100,
            lookEveryMs: 100,
            depth: 0,
            extensions: ['jpg'],
            timeFrom: ['mtime'],
          },
          ...{ filesMax: 10, timeLimitMs, keepFolder: join(base, 'copies'), exifTime: async () => undefined },
          taken: { has: () => false, add: () => undefined, forget: () => undefined, retain: () => undefined },
          clock: systemClock,
        }),
      offer: () => writeFile(join(path, `${++count}.jpg`), picture),
      async begin(fault) {
        await clear();
        if (fault === 'absent') await rename(path, `${path}.away`);
        else await writeFile(join(path, `${++count}.jpg`), '');
        if (fault === 'hang') growing = setInterval(() => appendFileSync(join(path, `${count}.jpg`), 'more'), 10);
      },
      async mend() {
        clearInterval(growing);
        await clear();
      },
      shortLimitMs: 1_000,
      absent: 'camera-absent',
    };
  },
};

/** Without it half of the suite would tell of timeouts. */
execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });

async function gphoto2Stand(options: Partial<Gphoto2Options>): Promise<Stand> {
  const virtual = await virtualCamera();
  const environment = { ...process.env, ...virtual.environment };
  const jpeg = await jpegPicture();
  await virtual.put(jpeg);
  return {
    camera: (timeLimitMs = LIMIT_MS) => createGphoto2({ timeLimitMs, keepOnCard: true, environment, ...options }),
    begin: (fault) => (fault === 'empty' ? virtual.put(new Uint8Array()) : virtual.control.set(fault)),
    async mend() {
      await virtual.put(jpeg);
      await virtual.control.clear('absent');
      await virtual.control.clear('hang');
    },
    shortLimitMs: 3_000,
    absent: 'camera-absent',
  };
}
