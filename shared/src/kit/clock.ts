import { setTimeout as sleep } from 'node:timers/promises';

/** Time, passed in wherever a decision or a wait depends on it. */
export type Clock = {
  /** Milliseconds since 1970, as the machine believes; it may step in both directions. */
  now(): number;
  /** Milliseconds since an arbitrary instant; it never goes back. Durations are measured with it. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. It never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    await sleep(ms, undefined, signal ? { signal } : {}).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  },
};
