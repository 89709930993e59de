import { fiveRows } from '../../../../hub/src/report/five-rows.ts';
import type { Job, Report } from '../../../../hub/web/src/api/documents.ts';

const totals = (count: number): Report['source'] => ({
  count,
  bytes: count * 1000,
  byKind: { jpg: { count, bytes: count * 1000 }, raw: { count: 0, bytes: 0 }, other: { count: 0, bytes: 0 } },
});
type Counts = Partial<
  Record<'source' | 'destination' | 'matched' | 'missing' | 'extra' | 'differing' | 'corrupt' | 'unreadable', number>
>;

/** A completed report with these counts. */
export function reportOf(counts: Counts, part: Partial<Report> = {}): Report {
  const place = { site: 'alps', device: 'summit-1', source: 'valley' };
  const figures = {
    source: totals(counts.source ?? 0),
    destination: totals(counts.destination ?? 0),
    matched: totals(counts.matched ?? 0),
    missing: totals(counts.missing ?? 0),
    extra: totals(counts.extra ?? 0),
    differing: totals(counts.differing ?? 0),
    corrupt: totals(counts.corrupt ?? 0),
    unreadable: totals(counts.unreadable ?? 0),
  };
  return {
    id: 'r1',
    state: 'completed',
    createdAt: '2026-03-03T12:00:00.000Z',
    startedAt: '2026-03-03T12:00:01.000Z',
    completedAt: '2026-03-03T12:00:05.000Z',
    left: { type: 'source', ...place },
    right: { type: 'destination', destination: 'archive', ...place },
    filter: {},
    proof: 'size',
    full: false,
    taken: null,
    by: 'ada@example.org',
    trigger: 'person',
    progress: { folders: 0, entries: 0 },
    error: null,
    asOf: null,
    matchedByDigest: 0,
    ...figures,
    fiveRows: fiveRows(figures),
    mendable: { count: 0, bytes: 0 },
    previous: null,
    listing: null,
    jobs: [],
    ...part,
  };
}

export const jobOf = (part: Partial<Job>): Job => ({
  id: 'j1',
  site: 'alps',
  device: 'summit-1',
  source: 'valley',
  destination: 'archive',
  reportId: 'r1',
  state: 'RUNNING',
  want: 'run',
  total: { count: 30, bytes: 30_000 },
  done: { count: 0, bytes: 0 },
  failed: 0,
  message: null,
  by: 'ada@example.org',
  createdAt: '2026-03-03T12:00:06.000Z',
  updatedAt: '2026-03-03T12:00:06.000Z',
  completedAt: null,
  ...part,
});
