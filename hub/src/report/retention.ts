import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { FIRST, type ReportHistory } from '../store/report-history.ts';

/** Removes reports that are kept no longer. */
export type ReportRetention = {
  /** Does a portion of what there is to do, a few milliseconds at most; called every second. */
  look(): void;
};

const LOOK_EVERY_MS = 600_000;
const REPORTS_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 1_000;

export function createReportRetention(options: {
  history: Pick<ReportHistory, 'expired' | 'remove' | 'sweep'>;
  keepMs: number;
  keepAtLeast: number;
  removed: () => void;
  clock: Clock;
  log: Log;
}): ReportRetention {
  const { history, keepMs, keepAtLeast, removed, clock, log } = options;
  let nextAt = clock.monotonic();
  let place = FIRST;
  return {
    look() {
      if (history.sweep(ENTRIES_AT_ONCE) || clock.monotonic() < nextAt) return;
      const { ids, next } = history.expired(clock.now() - keepMs, keepAtLeast, place, REPORTS_AT_ONCE);
      place = next ?? FIRST;
      if (next === null) nextAt = clock.monotonic() + LOOK_EVERY_MS;
      if (ids.length === 0) return;
      history.remove(ids);
      removed();
      log.info({ reports: ids.length }, 'old reports removed');
    },
  };
}
