import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { Explanation } from '@vigie/shared/protocol/messages';
import type { Unmatched } from '@vigie/shared/protocol/report';
import type { Side } from '../http/schema.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { type ComparisonResult, createComparison } from './compare.ts';
import { addAsset, figureKindOf, takeAway } from './figures.ts';
import { type ReportFilter, reportFilter } from './filter.ts';
import { sideText } from './sides.ts';

/** One side of a report, opened. */
export type OpenSide = {
  /** Every entry; throws where the side cannot be read whole. */
  entries(signal: AbortSignal, folderRead: (entries: number) => void): AsyncIterable<Entry> | Iterable<Entry>;
  /** What the side knows by now of one path: for pictures that came while the other side was being listed. */
  now?(path: string): Entry | undefined;
  /** What lies at these paths at this moment, read anew: for what was on its way while the list was read. */
  look?(paths: readonly string[], signal: AbortSignal): Promise<Map<string, Entry>>;
  /** As of when a source's inventory is known, where the device could not be asked. */
  asOf: number | null;
};

export type SideOpener = {
  /** Opens a side; a source is first brought up to date with its device. */
  open(side: Side, filter: ReportFilter, signal: AbortSignal): Promise<OpenSide>;
  /** Asks the source's device why assets are not at the destination; empty where it cannot be asked. */
  explain(left: Side, right: Side, paths: string[]): Promise<Explanation[]>;
  /** Which unmatched entries can a re-sync mend? */
  mendable(left: Side, right: Side): (entry: Unmatched) => boolean;
};

/** Works off the queue of reports, one after the other. */
export type ReportRunner = {
  run(signal: AbortSignal): Promise<void>;
  wake(): void;
  /** Stops the report if it is the one that runs. */
  cancel(id: string): boolean;
};

const EXPLAINED_MAX = 5_000;
const PROGRESS_EVERY_MS = 500;
/** Reasons of a device that mean: look again. What it has verified in the meantime may be there by now. */
const ON_ITS_WAY = new Set(['queued', 'lost-at-destination']);
const MOVING_MAX = 20;
const WAITS_MAX = 6;
const WAIT_MS = 1_500;

export function createReportRunner(options: {
  reports: ReportStore;
  sides: SideOpener;
  changed: (id: string) => void;
  completed: (row: ReportRow) => void;
  clock: Clock;
  log: Log;
}): ReportRunner {
  const { reports, sides, changed, clock, log } = options;
  let current: { id: string; abort: AbortController } | undefined;
  let waking = new AbortController();

  async function compareSides(row: ReportRow, signal: AbortSignal): Promise<void> {
    const left: Side = JSON.parse(row.left);
    const right: Side = JSON.parse(row.right);
    const filter: ReportFilter = JSON.parse(row.filter);
    const from = await sides.open(left, filter, signal);
    const to = await sides.open(right, filter, signal);
    const comparison = createComparison();
    const passes = reportFilter(filter);
    let folders = 0;
    let entries = 0;
    let toldAt = clock.monotonic();
    const progress = () => {
      if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = clock.monotonic();
      reports.progress(row.id, folders, entries);
      changed(row.id);
    };
    for (const [side, tell] of [
      [from, comparison.left],
      [to, comparison.right],
    ] as const) {
      const folderRead = () => {
        folders += 1;
        progress();
      };
      for await (const entry of side.entries(signal, folderRead)) {
        signal.throwIfAborted();
        if (!passes(entry)) continue;
        entries += 1;
        tell(entry);
        if (entries % 2000 === 0) progress();
      }
    }
    const result = comparison.finish();
    if (left.type === 'source') await allowForArrivals(result, await sides.open(left, filter, signal));
    await explain(result, left, right, to, signal);
    const canMend = sides.mendable(left, right);
    const mendable = result.unmatched.filter(canMend);
    reports.complete(row.id, {
      figures: result.figures,
      matchedByDigest: result.matchedByDigest,
      mendable: { count: mendable.length, bytes: mendable.reduce((sum, e) => sum + (e.sourceSize ?? 0), 0) },
      asOf: from.asOf,
      unmatched: result.unmatched,
      entries,
    });
  }

  /** What was taken and delivered while the other side was being listed is no extra. */
  async function allowForArrivals(result: ComparisonResult, source: OpenSide): Promise<void> {
    const { figures } = result;
    result.unmatched = result.unmatched.filter((e) => {
      const known = e.class === 'extra' ? source.now?.(e.path) : undefined;
      if (!known || known.unreadable !== undefined || known.size !== e.destinationSize) return true;
      const kind = figureKindOf(e.path);
      addAsset(figures.source, kind, known.size);
      addAsset(figures.matched, kind, known.size);
      takeAway(figures.extra, kind, known.size);
      return false;
    });
  }

  /**
   * Puts the device's reasons in place of the plain ones. A few assets that are just on their way are given the time to
   * arrive: a source that takes pictures all the time always has one, and it is no loss.
   */
  async function explain(
    result: ComparisonResult,
    left: Side,
    right: Side,
    destination: OpenSide,
    signal: AbortSignal,
  ): Promise<void> {
    for (let waited = 0; ; waited++) {
      const open = result.unmatched
        .filter((e) => e.class === 'missing' || e.class === 'differing')
        .slice(0, EXPLAINED_MAX);
      if (open.length === 0) return;
      const told = await sides.explain(
        left,
        right,
        open.map((e) => e.path),
      );
      const reasons = new Map(told.map((x) => [x.path, x]));
      const moving = open.filter((e) => e.class === 'missing' && ON_ITS_WAY.has(reasons.get(e.path)?.cause ?? ''));
      if (moving.length > 0 && moving.length <= MOVING_MAX && waited < WAITS_MAX && destination.look) {
        if (waited > 0) await clock.sleep(WAIT_MS, signal);
        const paths = moving.map((e) => e.path);
        const arrived = await destination.look(paths, signal);
        const before = result.unmatched.length;
        settleArrived(result, new Set(paths), arrived);
        if (result.unmatched.length < before || moving.some((e) => reasons.get(e.path)?.cause === 'queued')) continue;
      }
      for (const entry of open) {
        const detail = reasons.get(entry.path)?.detail;
        if (detail !== undefined) entry.cause = entry.class === 'missing' ? detail : `${entry.cause}; ${detail}`;
      }
      return;
    }
  }

  /** What has arrived meanwhile, with its size, is matched. */
  function settleArrived(
    result: ComparisonResult,
    asked: ReadonlySet<string>,
    arrived: ReadonlyMap<string, Entry>,
  ): void {
    const { figures } = result;
    result.unmatched = result.unmatched.filter((e) => {
      const there = e.class === 'missing' && asked.has(e.path) ? arrived.get(e.path) : undefined;
      if (!there || there.unreadable !== undefined || there.size !== e.sourceSize) return true;
      const kind = figureKindOf(e.path);
      addAsset(figures.destination, kind, there.size);
      addAsset(figures.matched, kind, there.size);
      takeAway(figures.missing, kind, there.size);
      return false;
    });
  }

  async function work(row: ReportRow, signal: AbortSignal): Promise<void> {
    const abort = new AbortController();
    current = { id: row.id, abort };
    changed(row.id);
    try {
      await compareSides(row, AbortSignal.any([signal, abort.signal]));
    } catch (error) {
      if (abort.signal.aborted) reports.end(row.id, 'cancelled', null);
      // The hub is stopping: the report is queued again at the next start.
      else if (signal.aborted) return;
      else {
        const hint = error instanceof VigieError && error.hint !== undefined ? ` (${error.hint})` : '';
        const pair = `${sideText(JSON.parse(row.left))} against ${sideText(JSON.parse(row.right))}`;
        log.warn({ report: row.id, error: messageOf(error) }, `report of ${pair} failed`);
        reports.end(row.id, 'failed', `${messageOf(error)}${hint}`);
      }
    } finally {
      current = undefined;
    }
    changed(row.id);
    const ended = reports.find(row.id);
    if (ended) options.completed(ended);
  }

  return {
    async run(signal) {
      reports.requeue();
      while (!signal.aborted) {
        const row = reports.take();
        if (row) await work(row, signal);
        else await clock.sleep(60_000, AbortSignal.any([signal, waking.signal]));
      }
    },
    wake() {
      waking.abort();
      waking = new AbortController();
    },
    cancel(id) {
      if (current?.id !== id) return false;
      current.abort.abort();
      return true;
    },
  };
}
