import type { Clock } from '@vigie/shared/kit/clock';

/** Acts at an interval, and earlier when woken. */
export type ScanLoop = {
  /** Until the signal aborts. What `act` throws ends the loop. */
  run(act: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** The next act comes at once. */
  wake(): void;
  /** The next act may come early, but not before a quarter of the interval: a busy writer cannot drive the loop. */
  hint(): void;
};

export function createScanLoop({ intervalMs, clock }: { intervalMs: number; clock: Clock }): ScanLoop {
  let woken = false;
  let hinted = false;
  let endRest: ((byHint: boolean) => void) | undefined;

  async function rest(signal: AbortSignal): Promise<void> {
    const early = intervalMs / 4;
    const begun = clock.monotonic();
    for (let left = intervalMs; left > 0 && !woken && !signal.aborted; ) {
      const sleep = hinted ? Math.min(left, early - (clock.monotonic() - begun)) : left;
      if (sleep <= 0) return;
      const end = new AbortController();
      endRest = (byHint) => (!byHint || sleep > early) && end.abort();
      await clock.sleep(sleep, end.signal);
      endRest = undefined;
      left = intervalMs - (clock.monotonic() - begun);
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
        while (!signal.aborted) {
          woken = false;
          hinted = false;
          await act();
          await rest(signal);
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
