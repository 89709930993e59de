import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveEvent, Side } from '@vigie/hub/http/schema';
import type { HubServices } from '@vigie/hub/http/services';
import { ADVICE } from '@vigie/hub/report/action';
import { countSinceLast } from '@vigie/hub/report/since-last';
import { isMendable } from '@vigie/hub/resync/plan';
import { VigieError } from '@vigie/shared/kit/errors';
import { kindOf } from '@vigie/shared/protocol/asset';
import { type Action, CLASSES, noFigures, type Totals } from '@vigie/shared/protocol/report';
import { fiveRows } from '../../../hub/src/report/five-rows.ts';
import { amountOf, type FleetData, type Held } from './memory-fleet.ts';

type Reports = HubServices['reports'];
type Report = ReturnType<Reports['create']>;
type Job = ReturnType<HubServices['jobs']['list']>[number];
type Entry = ReturnType<Reports['unmatched']>['entries'][number];
type Options = { fleet: FleetData; now: () => number; stepMs: number; tell: (event: LiveEvent) => void };

/** Reports and re-syncs that compare and mend the maps of the fleet, a step every `stepMs`. */
export function createMemoryReports({ fleet, now, stepMs, tell }: Options) {
  const reports: Report[] = [];
  const unmatched = new Map<string, Entry[]>();
  const jobs: Job[] = [];
  const iso = () => new Date(now()).toISOString();

  const sideOf = (side: Side): Map<string, Held> => {
    if (side.type === 'directory') return new Map();
    const source = fleet.sources.find(
      (s) => s.site === side.site && s.device === side.device && s.source === side.source,
    );
    const found = side.type === 'source' ? source?.held : source?.stored.get(side.destination);
    if (!found) throw new VigieError('not-found', `find the ${side.type} of the report: there is none`);
    return found;
  };
  const present = <T extends { id: string }>(list: T[], what: string, id: string): T => {
    const found = list.find((item) => item.id === id);
    if (!found) throw new VigieError('not-found', `find ${what} ${JSON.stringify(id)}: there is none`);
    return found;
  };

  async function run(report: Report, sync: boolean) {
    await sleep(stepMs);
    if (report.state !== 'queued') return;
    report.state = 'running';
    report.startedAt = iso();
    tell({ topic: 'reports', key: report.id });
    for (let step = 1; step <= 5; step++) {
      await sleep(stepMs);
      if (report.state !== 'running') return;
      report.progress = { folders: step * 4, entries: step * 220 };
      tell({ topic: 'reports', key: report.id });
    }
    finish(report);
    if (sync && report.mendable.count > 0) void resync(report);
  }

  function finish(report: Report) {
    const { figures, entries } = compare(sideOf(report.left), sideOf(report.right), report.filter);
    Object.assign(report, figures, {
      fiveRows: fiveRows(figures),
      state: 'completed',
      completedAt: iso(),
      matchedByDigest: 0,
    });
    const mendable = entries.filter(isMendable);
    const isSource = report.left.type === 'source' && report.right.type === 'destination';
    report.mendable = isSource ? amountOf(mendable.map((e) => ({ size: e.sourceSize ?? 0 }))) : { count: 0, bytes: 0 };
    report.previous = sinceLast(report, entries);
    unmatched.set(report.id, entries);
    tell({ topic: 'reports', key: report.id });
  }

  /** What has changed since the last report of these sides; marks what is new. */
  function sinceLast(report: Report, entries: Entry[]): Report['previous'] {
    const scope = ({ left, right, filter }: Report) => JSON.stringify([left, right, filter]);
    const isBefore = (r: Report) => r !== report && r.state === 'completed' && scope(r) === scope(report);
    const before = reports.find(isBefore);
    if (!before?.completedAt) return null;
    const inOrder = entries.toSorted(byPath);
    const count = countSinceLast(inOrder);
    for (const entry of (unmatched.get(before.id) ?? []).toSorted(byPath)) count.before(entry);
    const { isNew, ...since } = count.finish();
    for (const [index, entry] of inOrder.entries()) entry.isNew = isNew(index);
    return { id: before.id, completedAt: before.completedAt, ...since };
  }

  async function resync(report: Report) {
    const { left, right } = report;
    if (left.type !== 'source' || right.type !== 'destination') return;
    const job: Job = {
      id: `job-${jobs.length + 1}`,
      site: left.site,
      device: left.device,
      source: left.source,
      destination: right.destination,
      reportId: report.id,
      state: 'QUEUED',
      want: 'run',
      total: report.mendable,
      done: { count: 0, bytes: 0 },
      failed: 0,
      message: null,
      by: report.by,
      createdAt: iso(),
      updatedAt: iso(),
      completedAt: null,
    };
    jobs.unshift(job);
    report.jobs.push(job);
    const [from, to] = [sideOf(left), sideOf(right)];
    const work = (unmatched.get(report.id) ?? []).filter(isMendable);
    const chunk = Math.max(1, Math.ceil(work.length / 12));
    while (work.length > 0) {
      await sleep(stepMs);
      if (job.want === 'cancel') break;
      job.state = job.want === 'pause' ? 'PAUSED' : 'RUNNING';
      if (job.state === 'RUNNING') {
        for (const { path } of work.splice(0, chunk)) {
          const entry = from.get(path) as Held;
          to.set(path, entry);
          job.done = { count: job.done.count + 1, bytes: job.done.bytes + entry.size };
        }
      }
      job.updatedAt = iso();
      tell({ topic: 'jobs', key: job.id });
    }
    job.state = job.want === 'cancel' ? 'CANCELLED' : 'SUCCEEDED';
    job.completedAt = iso();
    tell({ topic: 'jobs', key: job.id });
    if (job.state === 'SUCCEEDED') add(report, 'resync', report.by, false);
  }

  function add(of: Parameters<Reports['create']>[0], trigger: Report['trigger'], by: string, sync: boolean): Report {
    sideOf(of.left);
    sideOf(of.right);
    const made: Report = {
      id: `report-${reports.length + 1}`,
      state: 'queued',
      createdAt: iso(),
      startedAt: null,
      completedAt: null,
      left: of.left,
      right: of.right,
      filter: of.filter,
      proof: of.proof ?? 'size',
      full: of.full ?? false,
      taken: null,
      by,
      trigger,
      asOf: null,
      progress: { folders: 0, entries: 0 },
      error: null,
      matchedByDigest: 0,
      ...noFigures(),
      fiveRows: fiveRows(noFigures()),
      mendable: { count: 0, bytes: 0 },
      previous: null,
      listing: null,
      jobs: [],
    };
    reports.unshift(made);
    tell({ topic: 'reports', key: made.id });
    void run(made, sync);
    return made;
  }

  const services: Pick<HubServices, 'reports' | 'jobs'> = {
    reports: {
      list: (offset, limit) => ({ total: reports.length, reports: reports.slice(offset, offset + limit) }),
      get: (id) => reports.find((r) => r.id === id),
      create: (request, by) => add(request, 'person', by, false),
      cancel(id) {
        const found = present(reports, 'report', id);
        if (!['queued', 'running'].includes(found.state)) {
          throw new VigieError('conflict', `cancel report "${id}": it is ${found.state}, it must be queued or running`);
        }
        found.state = 'cancelled';
        found.completedAt = iso();
        tell({ topic: 'reports', key: id });
        return found;
      },
      remove(id) {
        const found = present(reports, 'report', id);
        if (['queued', 'running'].includes(found.state)) {
          throw new VigieError('conflict', `remove report "${id}": it is ${found.state}, cancel it first`);
        }
        reports.splice(reports.indexOf(found), 1);
        tell({ topic: 'reports', key: id });
      },
      rerun: (id, { sync, full }, by) => {
        const of = present(reports, 'report', id);
        return add({ ...of, full: full ?? of.full }, 'rerun', by, sync);
      },
      estimate(id) {
        const { mendable } = present(reports, 'report', id);
        const left = Map.groupBy(unmatched.get(id) ?? [], (e) => e.action);
        return {
          total: mendable,
          seconds: mendable.bytes === 0 ? null : Math.ceil(mendable.bytes / 6_000_000),
          left: [...left]
            .filter(([action]) => !isMendable({ action }))
            .map(([action, of]) => ({ action, advice: ADVICE[action], ...amountOf(of.map(sizeOf)) })),
        };
      },
      unmatched(id, filter, offset, limit) {
        const search = filter.search?.toLowerCase() ?? '';
        const entries = (unmatched.get(id) ?? []).filter(
          (e) =>
            (!filter.class || e.class === filter.class) &&
            (filter.isNew === undefined || e.isNew === filter.isNew) &&
            e.path.toLowerCase().includes(search),
        );
        return { total: entries.length, entries: entries.slice(offset, offset + limit) };
      },
      async *export(id, format) {
        const entries = unmatched.get(id) ?? [];
        if (format === 'json') {
          const { state, startedAt, completedAt, source, destination, ...rest } = present(reports, 'report', id);
          const { matched, missing, extra, differing, corrupt, unreadable } = rest;
          const classes = { matched, missing, extra, differing, corrupt, unreadable };
          yield `${JSON.stringify({ state, startedAt, completedAt, source, destination, ...classes })}\n`;
          return;
        }
        if (format === 'csv') yield 'class,path,sourceSize,destinationSize,cause,action\n';
        const marks = { missing: '+', extra: '-', differing: '*', corrupt: '*', unreadable: '!' };
        for (const entry of entries) {
          const { class: of, path, sourceSize, destinationSize, cause, action } = entry;
          if (format === 'ndjson') yield `${JSON.stringify(entry)}\n`;
          else if (format === 'combined') yield `${marks[of]} ${path}\n`;
          else yield `${of},"${path}",${sourceSize ?? ''},${destinationSize ?? ''},"${cause}",${action}\n`;
        }
      },
    },
    jobs: {
      list: () => jobs,
      get: (id) => jobs.find((j) => j.id === id),
      order(id, want) {
        const found = present(jobs, 'job', id);
        if (found.completedAt !== null) {
          throw new VigieError('conflict', `${want} job "${id}": it is ${found.state}, it has come to its end`);
        }
        found.want = want;
        found.updatedAt = iso();
        tell({ topic: 'jobs', key: id });
        return found;
      },
    },
  };
  /** A report of a schedule, made so long ago, when a few other files were at the destination than now. */
  function past(left: Side, right: Side, agoMs: number, others: number) {
    const [from, to] = [sideOf(left), new Map(sideOf(right))];
    const absent = [...from.keys()].filter((path) => !to.has(path));
    for (const path of absent.slice(0, others)) to.set(path, from.get(path) as Held);
    for (const path of [...from.keys()].filter((known) => to.has(known)).slice(-2 * others)) to.delete(path);
    const { figures, entries } = compare(from, to, {});
    const at = (ms: number) => new Date(now() - agoMs + ms).toISOString();
    const report: Report = {
      ...{ id: `report-${reports.length + 1}`, state: 'completed', createdAt: at(0), startedAt: at(1000) },
      ...{
        completedAt: at(9000),
        left,
        right,
        filter: {},
        proof: 'size',
        full: false,
        by: 'schedule',
        trigger: 'schedule',
      },
      ...{ asOf: null, progress: { folders: 20, entries: from.size + to.size }, error: null, matchedByDigest: 0 },
      ...figures,
      fiveRows: fiveRows(figures),
      ...{ mendable: { count: 0, bytes: 0 }, previous: null, listing: null, taken: null, jobs: [] },
    };
    report.previous = sinceLast(report, entries);
    reports.unshift(report);
    unmatched.set(report.id, entries);
  }

  return { services, add, finish, past, reports };
}

function compare(left: Map<string, Held>, right: Map<string, Held>, filter: Report['filter']) {
  const figures = noFigures();
  const entries: Entry[] = [];
  const count = (totals: Totals, path: string, size: number) => {
    const kind = kindOf(path);
    for (const amount of [totals, totals.byKind[kind === 'jpg' || kind === 'raw' ? kind : 'other']]) {
      amount.count += 1;
      amount.bytes += size;
    }
  };
  const within = (path: string) =>
    (!filter.fromDay || path.slice(0, 8) >= filter.fromDay) &&
    (!filter.toDay || path.slice(0, 8) <= filter.toDay) &&
    (!filter.kinds || filter.kinds.includes(kindOf(path))) &&
    path.startsWith(filter.pathPrefix ?? '');
  for (const path of [...new Set([...left.keys(), ...right.keys()])].filter(within).sort()) {
    const [here, there] = [left.get(path), right.get(path)];
    if (here) count(figures.source, path, here.size);
    if (there) count(figures.destination, path, there.size);
    const of: Entry['class'] | 'matched' = !here
      ? 'extra'
      : here.unreadable
        ? 'unreadable'
        : !there
          ? 'missing'
          : here.size !== there.size
            ? 'differing'
            : 'matched';
    count(figures[of], path, (here ?? there)?.size ?? 0);
    if (of === 'matched') continue;
    const { cause, action } = explained(of, here, there, entries.length);
    const sizes = { sourceSize: here?.size ?? null, destinationSize: there?.size ?? null };
    entries.push({ class: of, path, ...sizes, cause, isNew: false, action, advice: ADVICE[action] });
  }
  entries.sort((a, b) => CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class) || (a.path < b.path ? -1 : 1));
  return { figures, entries };
}

const byPath = (a: Entry, b: Entry): number => (a.path < b.path ? -1 : 1);
const sizeOf = ({ sourceSize, destinationSize }: Entry) => ({ size: sourceSize ?? destinationSize ?? 0 });

/** Causes and actions in turn, as a device would tell them. */
function explained(
  of: Entry['class'],
  here: Held | undefined,
  there: Held | undefined,
  n: number,
): { cause: string; action: Action } {
  const queued = { cause: 'queued for delivery', action: 'wait' } as const;
  const lost = {
    cause: 'it was verified there on 2026-03-02T04:10:00.000Z and has gone or changed since',
    action: 'resync',
  } as const;
  const purged = {
    cause:
      'its file was removed from the source on 2026-02-20T03:00:00.000Z (older than 30 days), after it had been proved at usb-disk',
    action: 'copy-from-elsewhere',
  } as const;
  switch (of) {
    case 'missing':
      return n % 5 === 4 ? queued : n % 7 === 6 ? purged : lost;
    case 'extra':
      return { cause: 'not at the source', action: 'none-needed' };
    case 'unreadable':
      return { cause: `unreadable at the source: ${here?.unreadable}`, action: 'look-at-source' };
    default: {
      const sizes = `size differs: ${here?.size} bytes at the source, ${there?.size} at the destination`;
      return { cause: `${sizes}; ${lost.cause}`, action: 'resync-replace' };
    }
  }
}
