import type { LedCondition, StatusLed } from '@vigie/hardware/power/status-led';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Fitting } from './fitting.ts';

const LOOK_EVERY_MS = 2_000;
/** Changes come in crowds; the light follows them at this pace. */
const PAUSE_MS = 100;

/** Keeps the status light at what the device has to say. */
export type Light = {
  /** Something has changed that it may show. */
  touch(): void;
  run(signal: AbortSignal): Promise<void>;
};

export function createLight(options: {
  led: Fitting<StatusLed>;
  condition: () => LedCondition;
  /** A light that is not open, or does not obey, is tried again after so long. */
  retryEveryMs: number;
  clock: Clock;
  log: Log;
}): Light {
  const { led, condition, retryEveryMs, clock, log } = options;
  let waking = new AbortController();

  async function follow(light: StatusLed, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      light.show(condition());
      await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, waking.signal]));
      await clock.sleep(PAUSE_MS, signal);
    }
  }

  return {
    touch() {
      waking.abort();
      waking = new AbortController();
    },
    async run(signal) {
      while (!signal.aborted) {
        const light = led.device;
        const ended = new AbortController();
        const over = AbortSignal.any([signal, ended.signal]);
        try {
          if (light) await Promise.all([light.run(over), follow(light, over)]);
        } catch (error) {
          log.error(`the status light does not obey: ${messageOf(error)}`);
        } finally {
          ended.abort();
        }
        await clock.sleep(retryEveryMs, signal);
      }
    },
  };
}
