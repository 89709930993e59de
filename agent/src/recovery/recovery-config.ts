import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';
import type { LadderPolicy } from './ladder.ts';

/** One rung of the ladder: whether it may be used, how long it rests after a use, how often it is used in a day. */
const rung = (allowed: boolean, cooldownMs: number, perDay: number, perDayMax: number) => ({
  allowed: z.boolean().default(allowed),
  cooldown: duration.default(cooldownMs),
  perDay: z.int().min(0).max(perDayMax).default(perDay),
});

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What is done to a camera that gives no picture. Nothing here ends the agent or the machine unless it is allowed in so many words. */
export const recoveryConfig = z.strictObject({
  /** Further attempts of one capture begin within this time, and never after the next slot; the next capture goes on where it was. */
  budget: duration.default(5 * MINUTE),
  /** Attempts before the first rung above them. */
  retries: z.int().min(0).max(20).default(1),
  /** The pause before another attempt grows from the first figure to the second. */
  pauseFrom: duration.default(SECOND),
  pauseUpTo: duration.default(MINUTE),
  /** How long the camera is off at USB. */
  usbOff: duration.default(2 * SECOND),
  /** How long a camera may take to be on USB again after it was switched off and on. */
  settle: duration.default(20 * SECOND),
  retry: z.strictObject(rung(true, 0, 1_000, 10_000)).prefault({}),
  redetect: z.strictObject(rung(true, MINUTE, 500, 10_000)).prefault({}),
  usbReauthorise: z.strictObject(rung(true, 5 * MINUTE, 96, 1_000)).prefault({}),
  /** Used where the source has a relay. */
  powerCycle: z.strictObject(rung(true, 15 * MINUTE, 24, 1_000)).prefault({}),
  /** The agent ends with code 75, and whoever started it is to start it again. Counted for the whole device. */
  restartAgent: z.strictObject(rung(false, HOUR, 4, 100)).prefault({}),
  /** Counted for the whole device. */
  reboot: z
    .strictObject({
      ...rung(false, 6 * HOUR, 1, 24),
      /** Program and arguments; no shell. */
      command: z.array(z.string().min(1)).min(1).max(20).default(['systemctl', 'reboot']),
    })
    .prefault({}),
});
export type RecoveryConfig = z.infer<typeof recoveryConfig>;

export function ladderPolicy(config: RecoveryConfig): LadderPolicy {
  const limits = ({ allowed, cooldown, perDay }: RecoveryConfig['retry']) => ({
    allowed,
    cooldownMs: cooldown,
    perDay,
  });
  return {
    retries: config.retries,
    pauseFromMs: config.pauseFrom,
    pauseUpToMs: config.pauseUpTo,
    rungs: {
      retry: limits(config.retry),
      redetect: limits(config.redetect),
      'usb-reauthorise': limits(config.usbReauthorise),
      'power-cycle': limits(config.powerCycle),
      'restart-agent': limits(config.restartAgent),
      reboot: limits(config.reboot),
    },
  };
}
