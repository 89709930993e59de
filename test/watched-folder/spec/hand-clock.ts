import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';

/** A clock that stands still until the test moves it: whoever sleeps is woken in the order of their times. */
export type HandClock = Clock & {
  /** How many sleep now. */
  sleepers(): number;
  advance(ms: number): Promise<void>;
  /** Lets time pass without waking anybody: what a step takes. */
  take(ms: number): void;
};

export function handClock(begin: number): HandClock {
  let passed = 0;
  const sleeping = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => begin + passed,
    monotonic: () => passed,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve();
        const one = {
          at: passed + ms,
          wake() {
            sleeping.delete(one);
            signal?.removeEventListener('abort', one.wake);
            resolve();
          },
        };
        sleeping.add(one);
        signal?.addEventListener('abort', one.wake);
      }),
    sleepers: () => sleeping.size,
    take(ms) {
      passed += ms;
    },
    async advance(ms) {
      const end = passed + ms;
      for (;;) {
        const [next] = [...sleeping].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        passed = Math.max(passed, next.at);
        next.wake();
        // What it wakes may sleep again within this time.
        for (let turns = 0; turns < 5; turns++) await turn();
      }
      passed = end;
    },
  };
}
