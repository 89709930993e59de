import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecoveringCamera } from '@vigie/agent/recovery/open-recovering';
import { recoveryConfig } from '@vigie/agent/recovery/recovery-config';
import { createRecoveries } from '@vigie/agent/store/recoveries';
import type { Camera, CaptureRequest, CardCopy } from '@vigie/hardware/camera/camera';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

type Moment = 'picture' | 'empty' | 'partial' | 'hang' | 'stuck' | string;

/**
 * A camera that does what its script says, one word a capture, and gives pictures after its end: a failure's code, `empty`
 * (a file without a byte), `partial` (a file and an error), `hang` (ends when it is told), `stuck` (never ends).
 */
export function scriptedCamera(
  script: Moment[],
  hasCard = false,
): Camera & { captures: number; opened: number; overlaps: number } {
  let isReleasing = false;
  const camera = {
    captures: 0,
    opened: 0,
    /** Captures that began while the card was cleared. */
    overlaps: 0,
    description: 'scripted',
    ...(hasCard && {
      async release(copies: readonly CardCopy[]) {
        isReleasing = true;
        await systemClock.sleep(400);
        isReleasing = false;
        return copies.map(() => 'deleted' as const);
      },
    }),
    async capture({ folder, sequence }: CaptureRequest, signal?: AbortSignal) {
      camera.captures += 1;
      if (isReleasing) camera.overlaps += 1;
      const path = join(folder, `${sequence}-${camera.captures}`);
      const now = script.shift() ?? 'picture';
      if (now === 'hang' || now === 'stuck') {
        await new Promise((_, reject) => {
          if (now === 'hang') signal?.addEventListener('abort', () => reject(signal.reason));
        });
      }
      await writeFile(path, now === 'empty' ? '' : 'a picture');
      if (now === 'picture' || now === 'empty') return [{ path, extension: 'jpg' }];
      if (now !== 'partial') await writeFile(path, '');
      const code = now === 'partial' ? 'camera-absent' : now;
      throw new VigieError(code, `capture: ${code}`, { retryable: true });
    },
    async [Symbol.asyncDispose]() {},
  };
  return camera;
}

/** A recovering camera on a real ledger, with waits of milliseconds. `again` opens it anew, as the next life of the agent does. */
export async function recoverySet(
  script: Moment[],
  options: {
    config?: z.input<typeof recoveryConfig>;
    type?: string;
    sys?: string;
    powerCycle?: () => Promise<void>;
    roomMs?: () => number | undefined;
    serial?: string;
    card?: boolean;
  } = {},
) {
  const { ledger, outbox } = await testLedger();
  const scripted = scriptedCamera(script, options.card);
  const restarts: string[] = [];
  const folder = await tempFolder();
  let sequence = 0;
  const open = () =>
    openRecoveringCamera({
      config: recoveryConfig.parse({
        pauseFrom: '1ms',
        pauseUpTo: '20ms',
        usbOff: '400ms',
        settle: '500ms',
        ...options.config,
      }),
      camera: { type: options.type ?? 'test-picture', serial: options.serial },
      open: () => {
        scripted.opened += 1;
        return scripted;
      },
      powerCycle: options.powerCycle,
      recoveries: createRecoveries(ledger, 'garden', outbox),
      roomMs: options.roomMs ?? (() => 10_000),
      zone: 'Europe/Paris',
      restartAgent: (why) => restarts.push(why),
      sys: options.sys,
      clock: systemClock,
      log: silentLog,
    });
  async function request(): Promise<CaptureRequest> {
    sequence += 1;
    const at = join(folder, String(sequence));
    await mkdir(at);
    return { folder: at, at: 1_000, zone: 'UTC', source: 'garden', sequence };
  }
  /** What the hub is told: `rung outcome`. */
  const told = () =>
    outbox
      .after(0, 1000)
      .map((event) => (event.type === 'camera-recovery' ? `${event.rung} ${event.outcome}` : event.type));
  const messages = () => outbox.after(0, 1000).map((event) => (event.type === 'camera-recovery' ? event.message : ''));
  let camera = open();
  onTestFinished(() => camera[Symbol.asyncDispose]());
  return {
    get camera() {
      return camera;
    },
    async again() {
      await camera[Symbol.asyncDispose]();
      camera = open();
      return camera;
    },
    scripted,
    request,
    restarts,
    told,
    messages,
  };
}
