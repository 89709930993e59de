import type { Clock } from '@vigie/shared/kit/clock';
import type { Unmatched } from '@vigie/shared/protocol/report';
import type { ReportHistory } from '../store/report-history.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { type ReportFilter, reportFilter } from './filter.ts';
import { countSinceLast, type SinceLast } from './since-last.ts';

/** What a report keeps of its comparison with the one before. */
export type Previous = { id: string; completedAt: number } & SinceLast;

/** The previous report, and which of the present entries it did not name so. */
export type ComparedWithPrevious = { previous: Previous | null; isNew: (index: number) => boolean };

/** Entries that are compared before other work has its turn. */
const PORTION = 4_000;

/** Compares a report's entries with those of the last report of the same pair and filter, read in portions. */
export async function compareWithPrevious(
  row: ReportRow,
  entries: readonly Unmatched[],
  from: { history: Pick<ReportHistory, 'previousOf'>; reports: Pick<ReportStore, 'find' | 'allUnmatched'> },
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ComparedWithPrevious> {
  for (;;) {
    const before = from.history.previousOf(row);
    if (!before) return { previous: null, isNew: () => false };
    const count = countSinceLast(entries, comparable(row, before));
    let read = 0;
    for (const entry of from.reports.allUnmatched(before.id)) {
      count.before(entry);
      read += 1;
      if (read % PORTION !== 0) continue;
      await clock.sleep(0, signal);
      signal.throwIfAborted();
    }
    const { isNew, ...since } = count.finish();
    // One that was removed meanwhile may have been read in part; then the one before it is the last.
    if (!from.reports.find(before.id)) continue;
    return { previous: { id: before.id, completedAt: before.completedAt as number, ...since }, isNew };
  }
}

/** Two reports of the last so many days look at different days: what only one of them saw is neither new nor gone. */
function comparable(row: ReportRow, before: ReportRow): (path: string) => boolean {
  const here: ReportFilter = JSON.parse(row.filter);
  const there: ReportFilter = JSON.parse(before.filter);
  if (here.fromDay === there.fromDay) return () => true;
  const fromDay = [here.fromDay ?? '', there.fromDay ?? ''].sort().at(-1);
  const isSeenByBoth = reportFilter({ fromDay });
  return (path) => isSeenByBoth({ path });
}
