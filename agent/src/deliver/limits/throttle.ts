import type { Clock } from '@vigie/shared/kit/clock';

/** Lets bytes through at a bandwidth that may change at any time. */
export type Throttle = {
  /** Resolves when so many bytes may go; rejects with the signal's reason. Whoever asks first goes first. */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
};

/** How soon a change of the bandwidth is seen. */
const LOOK_EVERY_MS = 1_000;

/** @param rate bytes a second; undefined: no limit */
export function createThrottle(rate: () => number | undefined, clock: Pick<Clock, 'monotonic' | 'sleep'>): Throttle {
  /** Bytes that went and are not paid with time yet. */
  let debt = 0;
  let at = clock.monotonic();
  let turn: Promise<void> = Promise.resolve();

  async function pay(bytes: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const limit = rate();
      const now = clock.monotonic();
      if (limit === undefined) debt = 0;
      else debt = Math.max(0, debt - (limit * (now - at)) / 1000);
      at = now;
      if (debt === 0 || limit === undefined) break;
      await clock.sleep(Math.min((debt / limit) * 1000, LOOK_EVERY_MS), signal);
    }
    debt += bytes;
  }

  return {
    take(bytes, signal) {
      const mine = turn.then(() => pay(bytes, signal));
      // One that was called off does not hold up those behind it.
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}
