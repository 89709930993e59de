import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';

/** A clock that goes on when a test says so: sleepers wake in the order of their times, each before the time goes on. */
export type SteppedClock = Clock & {
  /** Goes on by so many milliseconds; what wakes may sleep again and wake within them. */
  go(ms: number): Promise<void>;
  /** Lets time pass without waking anybody: what a step takes. */
  take(ms: number): void;
  /** How many sleep now. */
  sleepers(): number;
  /** Steps the clock on the wall alone, as a time server does. */
  set(now: number): void;
};

export function createSteppedClock(now = Date.UTC(2026, 10, 23, 12)): SteppedClock {
  let passed = 0;
  let offset = now;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  /** Promises that are ready run first: timers and the like are none of this clock's. */
  const settle = async () => {
    for (let i = 0; i < 5; i++) await turn();
  };
  return {
    now: () => offset + passed,
    monotonic: () => passed,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = {
          at: passed + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      });
    },
    async go(ms) {
      const end = passed + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        passed = Math.max(passed, next.at);
        next.wake();
        await settle();
      }
      passed = end;
    },
    take(ms) {
      passed += ms;
    },
    sleepers: () => sleepers.size,
    set(next) {
      offset = next - passed;
    },
  };
}
