import type { Camera } from '@vigie/hardware/camera/camera';
import { openCamera } from '@vigie/hardware/camera/open';
import type { PowerCycle } from '@vigie/hardware/power/relay';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { readSecret } from '@vigie/shared/remote/destination-config';
import type { SourceConfig } from './config.ts';
import type { PictureProcess } from './process/picture-process.ts';
import { openRecoveringCamera } from './recovery/open-recovering.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';
import { createRecoveries } from './store/recoveries.ts';
import { createTakenFiles } from './store/taken-files.ts';

/** A source's camera, brought back by the recovery ladder when it gives no picture. */
export function openSourceCamera(options: {
  config: SourceConfig;
  ledger: Ledger;
  outbox: Outbox;
  fontFile: string;
  pictures: Pick<PictureProcess, 'drawTestPicture'>;
  /** Where copies lie that a camera's driver makes before they are handed over. */
  keepFolder: string;
  /** The device's zone, in which days of the ladder begin. */
  zone: string;
  powerCycle: PowerCycle | undefined;
  restart: (why: string) => void;
  /** Milliseconds until the next slot; undefined when none is due. */
  roomMs: () => number | undefined;
  clock: Clock;
  log: Log;
}): Camera {
  const { config, ledger, outbox, clock, log } = options;
  const { name } = config;
  const parts = {
    fontFile: options.fontFile,
    drawTestPicture: options.pictures.drawTestPicture,
    readSecret,
    keepFolder: options.keepFolder,
    taken: createTakenFiles(ledger, name, clock),
    warn: (message: string) => log.warn(message),
    async exifTime(head: Buffer, zoneOfPicture: string) {
      // Most agents never read EXIF in this process: it is loaded by the first use.
      const { captureTimeOf, readExif } = await import('./process/exif.ts');
      return captureTimeOf(await readExif(head), zoneOfPicture);
    },
    clock,
  };
  const open = () => openCamera(config.camera, parts);
  // What drops its pictures into a folder is not here to be repaired.
  if (config.camera.type === 'folder') return open();
  return openRecoveringCamera({
    config: config.recovery,
    camera: config.camera,
    open,
    powerCycle: options.powerCycle,
    recoveries: createRecoveries(ledger, name, outbox),
    roomMs: options.roomMs,
    zone: options.zone,
    restartAgent: options.restart,
    clock,
    log,
  });
}
