import type { Camera } from '@vigie/hardware/camera/camera';
import type { PowerCycle } from '@vigie/hardware/power/relay';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import type { Recoveries } from '../store/recoveries.ts';
import { createAttempts } from './attempts.ts';
import { createLadderBook } from './ladder-book.ts';
import { createRecoveringCamera } from './recovering-camera.ts';
import { ladderPolicy, type RecoveryConfig } from './recovery-config.ts';
import { possibleRungs, rungsOn } from './rungs.ts';

/** An adapter keeps its own time limit; this one is for an adapter that does not. */
const ATTEMPT_GRACE_MS = 15_000;
const TIME_LIMIT_MS = 60_000;
/** Longer than an adapter waits for what it has killed. */
const LAST_WAIT_MS = 12_000;
/** A rung's work besides the times that are configured. */
const RUNG_GRACE_MS = 60_000;

/** A source's camera with its recovery ladder, as the configuration says it. */
export function openRecoveringCamera(options: {
  config: RecoveryConfig;
  /** The camera's configuration, as far as the ladder depends on it; durations in milliseconds. */
  camera: { type: string; timeLimit?: number | undefined; serial?: string | undefined };
  open: () => Camera;
  powerCycle: PowerCycle | undefined;
  recoveries: Recoveries;
  /** How far away the next slot is; undefined where none is due. */
  roomMs: () => number | undefined;
  /** IANA zone of the device: daily caps begin anew with its days. */
  zone: string;
  restartAgent: (why: string) => void;
  /** Stands for `/sys`. */
  sys?: string | undefined;
  clock: Clock;
  log: Log;
}): Camera {
  const { config, camera, open, powerCycle, recoveries, zone, clock, log } = options;
  const parts = {
    usb: camera.type === 'gphoto2' ? { serial: camera.serial, sys: options.sys, offMs: config.usbOff } : undefined,
    settleMs: config.settle,
    powerCycle,
    restartAgent: options.restartAgent,
    rebootCommand: config.reboot.command,
    clock,
  };
  return createRecoveringCamera({
    attempts: createAttempts({
      open,
      limitMs: (camera.timeLimit ?? TIME_LIMIT_MS) + ATTEMPT_GRACE_MS,
      lastWaitMs: LAST_WAIT_MS,
      clock,
      log,
    }),
    ladder: createLadderBook({
      policy: ladderPolicy(config),
      possible: possibleRungs(parts),
      recoveries,
      dayOf: (instantMs) => stamp(instantMs, zone).slice(0, 8),
      clock,
      log,
    }),
    useRung: rungsOn(parts),
    budgetMs: config.budget,
    roomMs: options.roomMs,
    rungLimitMs: config.settle + config.usbOff + RUNG_GRACE_MS,
    clock,
  });
}
