import type { Clock } from '../kit/clock.ts';

/** Notices that something is owed and nothing comes. */
export type StallWatch = {
  /** One more answer is owed. */
  owe(): void;
  /** An answer came. */
  paid(): void;
  close(): void;
};

/**
 * Calls `onStall` once when answers are owed and none has come for `stallMs`. It holds one timer and only while something has
 * been owed lately, so that it costs nothing at thousands of requests a second.
 */
export function watchForStall(options: {
  stallMs: number;
  clock: Clock;
  onStall: () => void;
  /** A count that grows with every other sign of life. */
  progress?: () => number;
}): StallWatch {
  const { stallMs, clock, onStall, progress = () => 0 } = options;
  const closed = new AbortController();
  let owed = 0;
  let last = 0;
  let seen = progress();
  let watching = false;

  function look(): void {
    if (progress() === seen) return;
    seen = progress();
    last = clock.monotonic();
  }

  async function watch(): Promise<void> {
    watching = true;
    while (owed > 0 && !closed.signal.aborted) {
      look();
      const quietMs = clock.monotonic() - last;
      if (quietMs < stallMs) {
        await clock.sleep(stallMs - quietMs, closed.signal);
        continue;
      }
      // This process may have been the one that stood still: what has come in meanwhile is looked at first.
      const before = last;
      await new Promise((resolve) => setImmediate(resolve));
      look();
      if (last !== before || owed === 0 || closed.signal.aborted) continue;
      closed.abort();
      onStall();
    }
    watching = false;
  }

  return {
    owe() {
      if (owed === 0) last = clock.monotonic();
      owed += 1;
      if (!watching && !closed.signal.aborted) void watch();
    },
    paid() {
      owed -= 1;
      last = clock.monotonic();
    },
    close() {
      closed.abort();
    },
  };
}
