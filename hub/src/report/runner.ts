import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { type DestinationFilter, storedDestinationFilter, takenBy } from '@vigie/shared/protocol/destination-filter';
import type { Explanation } from '@vigie/shared/protocol/messages';
import type { Unmatched, UnmatchedClass } from '@vigie/shared/protocol/report';
import type { Side } from '../http/schema.ts';
import type { ReportHistory } from '../store/report-history.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { actionOfSource } from './action.ts';
import { type ComparisonResult, createComparison } from './compare.ts';
import { compareListed, type ListableDestination, type ListingFacts, type ShapedSource } from './compare-listed.ts';
import { addAsset, figureKindOf, takeAway } from './figures.ts';
import { type ReportFilter, reportFilter } from './filter.ts';
import { dropLeftOut, takenOf } from './left-out.ts';
import { compareWithPrevious } from './previous.ts';
import { sideText } from './sides.ts';

/** One side of a report, opened. */
export type OpenSide = {
  /** Every entry; throws where the side cannot be read whole. */
  entries(signal: AbortSignal, folderRead: (entries: number) => void): AsyncIterable<Entry> | Iterable<Entry>;
  /** What the side knows by now of one path: for pictures that came while the other side was being listed. */
  now?(path: string): Entry | undefined;
  /** What lies at these paths at this moment, read anew: for what was on its way while the list was read. */
  look?(paths: readonly string[], signal: AbortSignal): Promise<Map<string, Entry>>;
  /** A source by its buckets, as it is now. */
  shaped?(): ShapedSource;
  /** A destination whose unchanged folders need not be listed again. */
  listable?: ListableDestination;
  /** What a source's destinations take of it, where that is not everything, by their names. */
  filters?: Readonly<Record<string, DestinationFilter>>;
  /** As of when a source's inventory is known, where the device could not be asked. */
  asOf: number | null;
};

export type SideOpener = {
  /**
   * Opens a side; a source is first brought up to date with its device. With `held`, which tells what the source holds under a
   * path, a destination's files are read back and told with their digests; with `full`, every folder of it is listed.
   */
  open(
    side: Side,
    filter: ReportFilter,
    signal: AbortSignal,
    held?: (path: string) => Entry | undefined,
    full?: boolean,
  ): Promise<OpenSide>;
  /** Asks the source's device why assets are not at the destination; empty where it cannot be asked. */
  explain(left: Side, right: Side, paths: string[]): Promise<Explanation[]>;
  /** Is the left side a source that delivers to the right side, so that a re-sync can be ordered? */
  canSend(left: Side, right: Side): boolean;
};

/**
 * Works off the queue of reports: by size one after the other, and beside them those by digest, which read whole destinations back and may take
 * days.
 */
export type ReportRunner = {
  run(signal: AbortSignal): Promise<void>;
  wake(): void;
  /** Stops the report if it runs. */
  cancel(id: string): boolean;
};

/** What the device is asked about: the source holds it, and the destination does not hold the same. */
const EXPLAINED: ReadonlySet<UnmatchedClass> = new Set(['missing', 'differing', 'corrupt']);
const EXPLAINED_MAX = 5_000;
const PROGRESS_EVERY_MS = 500;
/** Reasons of a device that mean: look again. What it has verified in the meantime may be there by now. */
const QUEUED: ReadonlySet<string | undefined> = new Set(['queued', 'retrying']);
const ON_ITS_WAY: ReadonlySet<string | undefined> = new Set([...QUEUED, 'lost-at-destination']);
const MOVING_MAX = 20;
const WAITS_MAX = 6;
const WAIT_MS = 1_500;

/** What a list rests on that was read whole. */
const wholeListing = (daysListed: number, entriesCompared: number, fullAt: number): ListingFacts => ({
  ...{ pass: 'full', daysListed, daysKept: 0, entriesCompared, fullAt },
});

export function createReportRunner(options: {
  reports: ReportStore;
  history: Pick<ReportHistory, 'previousOf'>;
  sides: SideOpener;
  /** Is this what a re-sync mends? */
  isMendable: (entry: Unmatched) => boolean;
  changed: (id: string) => void;
  completed: (row: ReportRow) => void;
  clock: Clock;
  log: Log;
}): ReportRunner {
  const { reports, sides, isMendable, changed, clock, log } = options;
  const running = new Map<string, AbortController>();
  let waking = new AbortController();

  async function compareSides(row: ReportRow, signal: AbortSignal): Promise<void> {
    const left: Side = JSON.parse(row.left);
    const right: Side = JSON.parse(row.right);
    const filter: ReportFilter = JSON.parse(row.filter);
    const from = await sides.open(left, filter, signal);
    const to = await sides.open(right, filter, signal, row.proof === 'digest' ? from.now : undefined, row.full);
    const startedAt = clock.now();
    const comparison = createComparison();
    const passes = reportFilter(filter);
    const days = new Set<string>();
    let folders = 0;
    let entries = 0;
    let toldAt = clock.monotonic();
    const progress = () => {
      if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = clock.monotonic();
      reports.progress(row.id, folders, entries);
      changed(row.id);
    };
    const folderRead = () => {
      folders += 1;
      progress();
    };
    const source = to.listable && from.shaped?.();
    const listed =
      to.listable && source
        ? await compareListed({
            source,
            destination: to.listable,
            ...{ filter, comparison, signal, folderRead },
            counted(count) {
              entries += count;
              progress();
            },
          })
        : undefined;
    for (const [side, tell] of listed
      ? []
      : ([
          [from, comparison.left],
          [to, comparison.right],
        ] as const)) {
      for await (const entry of side.entries(signal, folderRead)) {
        signal.throwIfAborted();
        if (!passes(entry)) continue;
        entries += 1;
        if (side === to) days.add(bucketOf(entry.path));
        tell(entry);
        if (entries % 2000 === 0) progress();
      }
    }
    const result = comparison.finish();
    listed?.agreed.addTo(result);
    const taken = takenOf(left, right, from);
    if (taken) dropLeftOut(result, takenBy(taken));
    if (left.type === 'source') {
      // What has arrived meanwhile has to be proved as the rest is.
      const look = row.proof === 'digest' ? to.look : undefined;
      await allowForArrivals(result, await sides.open(left, filter, signal), look, signal);
    }
    const told = await explain(result, left, right, { from, to }, signal);
    if (sides.canSend(left, right)) {
      for (const entry of result.unmatched) entry.action = actionOfSource(entry, told.get(entry.path));
    }
    const mendable = result.unmatched.filter(isMendable);
    const since = await compareWithPrevious(row, result.unmatched, options, clock, signal);
    const outcome = {
      figures: result.figures,
      matchedByDigest: result.matchedByDigest,
      mendable: { count: mendable.length, bytes: mendable.reduce((sum, e) => sum + (e.sourceSize ?? 0), 0) },
      asOf: from.asOf,
      unmatched: result.unmatched,
      entries,
      since,
      taken: taken ? storedDestinationFilter(taken) : null,
      listing: listed?.facts ?? (right.type === 'destination' ? wholeListing(days.size, entries, startedAt) : null),
      keptDays: listed?.keptDays ?? [],
    };
    await reports.complete(row.id, outcome, signal);
    // Only what a report has told of counts as listed: what rests on reports may ask for the one that did.
    listed?.confirm();
  }

  /** What was taken and delivered while the other side was being listed is no extra. */
  async function allowForArrivals(
    result: ComparisonResult,
    source: OpenSide,
    look: OpenSide['look'],
    signal: AbortSignal,
  ): Promise<void> {
    const { figures } = result;
    const isNew = (e: Unmatched): boolean => {
      const known = e.class === 'extra' ? source.now?.(e.path) : undefined;
      return known !== undefined && known.unreadable === undefined && known.size === e.destinationSize;
    };
    const arrived = result.unmatched.filter(isNew).map((e) => e.path);
    if (arrived.length === 0) return;
    const seen = await look?.(arrived, signal);
    result.unmatched = result.unmatched.filter((e) => {
      const known = isNew(e) ? source.now?.(e.path) : undefined;
      const digest = seen?.get(e.path)?.sha256;
      if (!known || (look && digest !== known.sha256)) return true;
      const kind = figureKindOf(e.path);
      addAsset(figures.source, kind, known.size);
      addAsset(figures.matched, kind, known.size);
      takeAway(figures.extra, kind, known.size);
      if (digest !== undefined) result.matchedByDigest += 1;
      return false;
    });
  }

  /**
   * Puts the device's reasons in place of the plain ones, and returns them by path. A few assets that are just on their way are given the time to
   * arrive: a source that takes pictures all the time always has one, and it is no loss.
   */
  async function explain(
    result: ComparisonResult,
    left: Side,
    right: Side,
    sidesOpen: { from: OpenSide; to: OpenSide },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Explanation>> {
    const { from, to } = sidesOpen;
    for (let waited = 0; ; waited++) {
      const open = result.unmatched.filter((e) => EXPLAINED.has(e.class)).slice(0, EXPLAINED_MAX);
      if (open.length === 0) return new Map();
      const told = await sides.explain(
        left,
        right,
        open.map((e) => e.path),
      );
      const reasons = new Map(told.map((x) => [x.path, x]));
      const moving = open.filter((e) => e.class === 'missing' && ON_ITS_WAY.has(reasons.get(e.path)?.cause));
      if (moving.length > 0 && moving.length <= MOVING_MAX && waited < WAITS_MAX && to.look) {
        if (waited > 0) await clock.sleep(WAIT_MS, signal);
        const paths = moving.map((e) => e.path);
        const arrived = await to.look(paths, signal);
        const before = result.unmatched.length;
        settleArrived(result, new Set(paths), arrived, from);
        if (result.unmatched.length < before || moving.some((e) => QUEUED.has(reasons.get(e.path)?.cause))) continue;
      }
      for (const entry of open) {
        const detail = reasons.get(entry.path)?.detail;
        if (detail !== undefined) entry.cause = entry.class === 'missing' ? detail : `${entry.cause}; ${detail}`;
      }
      return reasons;
    }
  }

  /** What has arrived meanwhile, with its size and, where it was read back, its digest, is matched. */
  function settleArrived(
    result: ComparisonResult,
    asked: ReadonlySet<string>,
    arrived: ReadonlyMap<string, Entry>,
    source: OpenSide,
  ): void {
    const { figures } = result;
    result.unmatched = result.unmatched.filter((e) => {
      const there = e.class === 'missing' && asked.has(e.path) ? arrived.get(e.path) : undefined;
      if (!there || there.unreadable !== undefined || there.size !== e.sourceSize) return true;
      if (there.sha256 !== undefined && there.sha256 !== source.now?.(e.path)?.sha256) return true;
      const kind = figureKindOf(e.path);
      addAsset(figures.destination, kind, there.size);
      addAsset(figures.matched, kind, there.size);
      takeAway(figures.missing, kind, there.size);
      if (there.sha256 !== undefined) result.matchedByDigest += 1;
      return false;
    });
  }

  async function work(row: ReportRow, signal: AbortSignal): Promise<void> {
    const abort = new AbortController();
    running.set(row.id, abort);
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
      running.delete(row.id);
    }
    changed(row.id);
    const ended = reports.find(row.id);
    if (ended) options.completed(ended);
  }

  return {
    async run(signal) {
      reports.requeue();
      await Promise.all(
        (['size', 'digest'] as const).map(async (proof) => {
          while (!signal.aborted) {
            const row = reports.take(proof);
            if (row) await work(row, signal);
            else await clock.sleep(60_000, AbortSignal.any([signal, waking.signal]));
          }
        }),
      );
    },
    wake() {
      waking.abort();
      waking = new AbortController();
    },
    cancel(id) {
      const abort = running.get(id);
      abort?.abort();
      return abort !== undefined;
    },
  };
}
