import { VigieError } from '@vigie/shared/kit/errors';
import { type Action, type Figures, noFigures, type ReportDocument } from '@vigie/shared/protocol/report';
import type { Side } from '../http/schema.ts';
import type { HubServices } from '../http/services.ts';
import type { JobRow, JobStore } from '../store/jobs.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { ADVICE } from './action.ts';
import type { ListingFacts } from './compare-listed.ts';
import { exportReport } from './export.ts';
import { storedFilter } from './filter.ts';
import { reportDocument } from './format.ts';
import type { Previous } from './previous.ts';
import type { ReportRunner } from './runner.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function listingDocument({ listing }: ReportRow) {
  if (listing === null) return null;
  const { fullAt, ...facts }: ListingFacts = JSON.parse(listing);
  return { ...facts, fullAt: iso(fullAt) as string };
}

function documentOf(row: ReportRow): ReportDocument {
  const figures: Figures = row.figures === null ? noFigures() : JSON.parse(row.figures);
  return reportDocument(row.state, row.startedAt, row.completedAt, figures);
}

/** Reports as the HTTP API shows and takes them. */
export function createReports(options: {
  reports: ReportStore;
  jobs: JobStore;
  jobDocument: (row: JobRow) => ReturnType<HubServices['jobs']['list']>[number];
  runner: ReportRunner;
  /** Is this what a re-sync mends? */
  isMendable: (part: { action: Action }) => boolean;
  /** Bytes a second that deliveries of a device to a destination have lately reached, or null where none were seen. */
  rate: (place: { site: string; device: string; destination: string }) => number | null;
  changed: (id: string) => void;
}): HubServices['reports'] {
  const { reports, jobs, jobDocument, runner, isMendable, changed } = options;

  const describe = (row: ReportRow) => ({
    id: row.id,
    createdAt: iso(row.createdAt) as string,
    left: JSON.parse(row.left),
    right: JSON.parse(row.right),
    filter: JSON.parse(row.filter),
    proof: row.proof,
    full: row.full,
    by: row.by,
    trigger: row.trigger,
    asOf: iso(row.asOf),
    progress: { folders: row.folders, entries: row.entries },
    error: row.error,
    matchedByDigest: row.matchedByDigest,
    mendable: { count: row.mendableCount, bytes: row.mendableBytes },
    previous: previousDocument(row),
    listing: listingDocument(row),
    taken: row.taken === null ? null : JSON.parse(row.taken),
    jobs: jobs.ofReport(row.id).map((job) => jobDocument(job)),
    ...documentOf(row),
  });

  /** The report before may have been removed since: what was counted then stays. */
  function previousDocument(row: ReportRow) {
    if (row.previous === null) return null;
    const { id, completedAt, appeared, gone, stayed }: Previous = JSON.parse(row.previous);
    const isKept = reports.find(id) !== undefined;
    return { id: isKept ? id : null, completedAt: iso(completedAt) as string, appeared, gone, stayed };
  }

  function find(id: string): ReportRow {
    const row = reports.find(id);
    if (!row) throw new VigieError('not-found', `report "${id}": there is none`);
    return row;
  }

  function add(values: Parameters<ReportStore['create']>[0]) {
    const row = reports.create(values);
    changed(row.id);
    runner.wake();
    return describe(row);
  }

  return {
    list(offset, limit) {
      const { total, rows } = reports.list(offset, limit);
      return { total, reports: rows.map(describe) };
    },
    get(id) {
      const row = reports.find(id);
      return row && describe(row);
    },
    create({ left, right, filter, proof = 'size', full = false }, by) {
      if (proof === 'digest' && (left.type !== 'source' || right.type !== 'destination')) {
        const hint = '`vigie-hub check --digest` compares the bytes of directories.';
        throw new VigieError('input', 'create a report by digest: it compares a source with a destination', { hint });
      }
      return add({
        left: JSON.stringify(left),
        right: JSON.stringify(right),
        filter: storedFilter(filter),
        ...{ proof, full },
        by,
        trigger: 'person',
        sync: false,
      });
    },
    cancel(id) {
      const row = find(id);
      if (row.state === 'queued') reports.end(id, 'cancelled', null);
      else if (row.state !== 'running' || !runner.cancel(id)) {
        throw new VigieError('conflict', `report "${id}": it has ended (${row.state}), so it cannot be cancelled`);
      }
      changed(id);
      return describe(find(id));
    },
    remove(id) {
      const row = find(id);
      if (row.state === 'running') throw new VigieError('conflict', `report "${id}": it is running; cancel it first`);
      reports.remove(id);
      changed(id);
    },
    rerun(id, { sync, full: asked }, by) {
      const { left, right, filter, proof, full } = find(id);
      return add({ left, right, filter, proof, full: asked ?? full, by, trigger: 'rerun', sync });
    },
    estimate(id) {
      const row = find(id);
      const { mendableCount: count, mendableBytes: bytes } = row;
      const to: Side = JSON.parse(row.right);
      const rate = to.type === 'destination' ? options.rate(to) : null;
      const left = reports.byAction(id).filter((part) => !isMendable(part));
      return {
        total: { count, bytes },
        seconds: rate === null ? null : Math.ceil(bytes / rate),
        left: left.map((part) => ({ ...part, advice: ADVICE[part.action] })),
      };
    },
    unmatched(id, filter, offset, limit) {
      find(id);
      const { total, entries } = reports.unmatched(id, filter, offset, limit);
      return { total, entries: entries.map((entry) => ({ ...entry, advice: ADVICE[entry.action] })) };
    },
    export(id, format) {
      const row = find(id);
      if (row.state !== 'completed')
        throw new VigieError('conflict', `report "${id}": it is ${row.state}, so there is nothing to export`);
      return exportReport(format, documentOf(row), () => reports.allUnmatched(id));
    },
  };
}
