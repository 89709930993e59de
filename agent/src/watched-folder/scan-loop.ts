import type { Clock } from '@vigie/shared/kit/clock';
import type { CronSchedule } from './cron.ts';

/** Acts at an interval, and earlier when woken. */
export type ScanLoop = {
  /** Until the signal aborts. What `act` throws ends the loop. */
  run(act: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** The next act comes at once. */
  wake(): void;
  /** The next act may come early, but not before a quarter of the interval: a busy writer cannot drive the loop. */
  hint(): void;
};

export function createScanLoop(options: {
  /** When the next act is due (ms since 1970); the interval and hints do not count then. */
  next?: CronSchedule | undefined;
  intervalMs: number;
  /** How often it acts; −1: for ever. */
  count?: number;
  clock: Clock;
}): ScanLoop {
  const { next, clock, count = -1 } = options;
  let woken = false;
  let hinted = false;
  let endRest: ((byHint: boolean) => void) | undefined;

  async function rest(signal: AbortSignal, acts: number, tookMs: number): Promise<void> {
    // Nothing but the end is waited for.
    if (acts === count) return sleepUntilWoken(Number.MAX_SAFE_INTEGER, signal);
    if (!next) return restAnInterval(options.intervalMs, tookMs, signal);
    const due = next(clock.now());
    // The clock may be set while it rests: it is looked at again.
    while (!woken && !signal.aborted && clock.now() < (due ?? Number.POSITIVE_INFINITY)) {
      await sleepUntilWoken(Math.min((due ?? Number.POSITIVE_INFINITY) - clock.now(), LOOK_EVERY_MS), signal);
    }
  }

  async function sleepUntilWoken(ms: number, signal: AbortSignal): Promise<void> {
    if (woken || signal.aborted) return;
    const end = new AbortController();
    endRest = (byHint) => !byHint && end.abort();
    await clock.sleep(Math.min(ms, LOOK_EVERY_MS), end.signal);
    endRest = undefined;
  }

  /** The interval counts from one beginning to the next; a quarter of it is left to others in any case. */
  async function restAnInterval(intervalMs: number, tookMs: number, signal: AbortSignal): Promise<void> {
    const early = intervalMs / 4;
    const wanted = Math.max(intervalMs - tookMs, early);
    const begun = clock.monotonic();
    for (let left = wanted; left > 0 && !woken && !signal.aborted; ) {
      const sleep = hinted ? Math.min(left, early - (clock.monotonic() - begun)) : left;
      if (sleep <= 0) return;
      const end = new AbortController();
      endRest = (byHint) => (!byHint || sleep > early) && end.abort();
      await clock.sleep(sleep, end.signal);
      endRest = undefined;
      left = wanted - (clock.monotonic() - begun);
    }
  }

  function wake(): void {
    woken = true;
    endRest?.(false);
  }

  return {
    async run(act, signal) {
      signal.addEventListener('abort', wake, { once: true });
      try {
        if (next) await rest(signal, 0, 0);
        for (let acts = 0; !signal.aborted; ) {
          woken = false;
          hinted = false;
          const begun = clock.monotonic();
          if (acts !== count) {
            await act();
            acts += 1;
          }
          await rest(signal, acts, clock.monotonic() - begun);
        }
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    wake,
    hint() {
      if (hinted) return;
      hinted = true;
      endRest?.(true);
    },
  };
}

/** How long it sleeps at once. */
const LOOK_EVERY_MS = 10_000;
