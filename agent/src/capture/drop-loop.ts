import type { Drops } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Outcome } from './capturer.ts';

/**
 * Takes pictures that come by themselves, for a source without a schedule: it looks every `lookEveryMs`, and captures as long as there is
 * something to take. A look that fails becomes one failed capture, so that somebody hears of it, and no other until it has worked again.
 */
export async function runDrops(
  options: {
    drops: Drops;
    /** One capture; what came of it is told, and it does not throw. */
    attempt: (slotAt: number, signal: AbortSignal) => Promise<Outcome>;
    clock: Clock;
    log: Log;
  },
  signal: AbortSignal,
): Promise<void> {
  const { drops, attempt, clock, log } = options;
  let told: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await drops.waiting())) {
        told = undefined;
        const failed = 'error' in (await attempt(clock.now(), signal));
        failures = failed ? failures + 1 : 0;
        if (failed) break;
      }
      if (failures === 0) told = undefined;
    } catch (error) {
      log.debug({ code: codeOf(error) }, messageOf(error));
      if (told !== codeOf(error) && !signal.aborted) {
        told = codeOf(error);
        await attempt(clock.now(), signal);
      }
    }
    await clock.sleep(Math.min(drops.lookEveryMs * 2 ** failures, Math.max(drops.lookEveryMs, PAUSE_MS_MAX)), signal);
  }
}

/** What cannot be taken is tried again after growing pauses: each attempt is told as a failed capture. */
const PAUSE_MS_MAX = 300_000;
