import type { Clock } from '@vigie/shared/kit/clock';
import type { Gpio } from '../gpio/gpio.ts';

/** What a device has to say with one light, the more pressing first. */
export const LED_CONDITIONS = ['capturing', 'problem', 'offline', 'well'] as const;
export type LedCondition = (typeof LED_CONDITIONS)[number];

/**
 * The light's rhythm: on, off, on, off … in milliseconds, from the start again at its end. A steady light has no end of its own.
 * Capturing: steady. Problem: quick. Offline: two flashes. Well: a short flash every five seconds, so that a dead device is dark.
 */
export const LED_PATTERNS: Record<LedCondition, readonly number[]> = {
  capturing: [1000],
  problem: [150, 150],
  offline: [150, 200, 150, 1500],
  well: [60, 4940],
};

/** A light that shows a condition until it is told another one; dark at the end. */
export interface StatusLed extends Disposable {
  readonly condition: LedCondition;
  show(condition: LedCondition): void;
  /** Runs until the signal aborts. Errors of the line end it. */
  run(signal: AbortSignal): Promise<void>;
}

export function openStatusLed(options: { gpio: Gpio; line: number; activeLow: boolean; clock: Clock }): StatusLed {
  const { gpio, activeLow, clock } = options;
  const line = gpio.openOutput({ line: options.line, activeLow, initiallyActive: false });
  let condition: LedCondition = 'well';
  let changing = new AbortController();
  return {
    get condition() {
      return condition;
    },
    show(next) {
      if (next === condition) return;
      condition = next;
      changing.abort();
      changing = new AbortController();
    },
    async run(signal) {
      while (!signal.aborted) {
        // A new condition begins with its own first step, at once.
        const stop = AbortSignal.any([signal, changing.signal]);
        for (const [step, ms] of LED_PATTERNS[condition].entries()) {
          line.set(step % 2 === 0);
          await clock.sleep(ms, stop);
          if (stop.aborted) break;
        }
      }
    },
    [Symbol.dispose]() {
      try {
        line.set(false);
      } finally {
        line[Symbol.dispose]();
      }
    },
  };
}
