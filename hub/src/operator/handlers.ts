import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { HubCommandArgs, HubCommandName } from '@vigie/shared/protocol/hub-command';
import { isFinal } from '@vigie/shared/protocol/messages';
import { checkSeen, previewToken } from '@vigie/shared/protocol/preview-token';
import type { HubServices } from '../http/services.ts';
import type { Resync } from '../resync/orders.ts';
import type { Deed } from '../users/audit.ts';
import { fleetAnswer } from './fleet-answer.ts';
import { reportAnswer } from './report-answer.ts';

/** What a command comes to: the reply's data, what the audit log notes, and the report whose end is told by another reply. */
export type Outcome = {
  data: object;
  /** What has to be read first: the one answer has this in place of `data`, and is kept nowhere. */
  later?: Promise<object>;
  deed?: Pick<Deed, 'action' | 'target' | 'detail'>;
  awaits?: { report: string; entries: number };
};
export type HubCommandHandlers = {
  [N in HubCommandName]: (args: HubCommandArgs[N], by: string) => Outcome;
};

const WANT = { pause: 'pause', resume: 'run', cancel: 'cancel' } as const;

/** What each command of an operator does at the hub: what the HTTP API does, and by the same parts. */
export function hubCommandHandlers(options: {
  fleet: Pick<HubServices['fleet'], 'devices'>;
  reports: Pick<
    HubServices['reports'],
    'list' | 'get' | 'create' | 'cancel' | 'remove' | 'rerun' | 'estimate' | 'unmatched'
  >;
  jobs: HubServices['jobs'];
  drills: HubServices['drills'];
  certificates: Pick<HubServices['certificates'], 'list' | 'remarks'>;
  schedules: HubServices['schedules'];
  activity: HubServices['activity'];
  clock: Pick<Clock, 'now'>;
  resync: Pick<Resync, 'startReport' | 'startSelected' | 'measure'>;
}): HubCommandHandlers {
  const { fleet, reports, jobs, drills, certificates, resync } = options;

  return {
    fleet({ site, device, offset, limit }) {
      const all = fleet
        .devices()
        .filter((d) => (site === undefined || d.site === site) && (device === undefined || d.device === device));
      return { data: { total: all.length, devices: all.slice(offset, offset + limit).map(fleetAnswer) } };
    },
    reports: ({ offset, limit }) => ({ data: reports.list(offset, limit) }),
    report({ entries, ...request }, by) {
      const report = reports.create(request, by);
      return {
        data: { report },
        deed: { action: 'report-create', target: report.id },
        awaits: { report: report.id, entries },
      };
    },
    'report-status': ({ report, offset, entries, class: named, search, new: isNew }) => ({
      data: reportAnswer(reports, report, offset, entries, { class: named, search, isNew }),
    }),
    'report-cancel': ({ report }) => ({
      data: { report: reports.cancel(report) },
      deed: { action: 'report-cancel', target: report },
    }),
    'report-remove'({ report }) {
      reports.remove(report);
      return { data: { removed: report }, deed: { action: 'report-remove', target: report } };
    },
    rerun({ report: of, sync, full, entries }, by) {
      const report = reports.rerun(of, { sync, full }, by);
      return {
        data: { report },
        deed: { action: sync ? 'report-sync' : 'report-rerun', target: report.id, detail: { of } },
        awaits: { report: report.id, entries },
      };
    },
    resync(args, by) {
      if (args.report !== undefined) {
        if (args.preview) return { data: { preview: true, ...reports.estimate(args.report) } };
        const started = resync.startReport(args.report, by).map(({ id }) => jobs.get(id));
        return { data: { jobs: started }, deed: { action: 'resync', target: args.report } };
      }
      const selected = selectionOf(args);
      const place = [selected.site, selected.device, selected.source, selected.destination].join('/');
      if (args.preview)
        return {
          data: { preview: true, ...resync.measure(selected), token: previewToken(place, options.clock.now()) },
        };
      checkSeen({ ...selected, token: args.token }, place, options.clock.now());
      const { id } = resync.startSelected(selected, by, args.expiryMs);
      return { data: { jobs: [jobs.get(id)] }, deed: { action: 'resync', target: id } };
    },
    jobs({ open, limit }) {
      const list = jobs.list().filter(({ state }) => !open || !isFinal(state));
      return { data: { total: list.length, jobs: list.slice(0, limit) } };
    },
    job({ job, order }, by) {
      if (order !== undefined) {
        return {
          data: { job: jobs.order(job, WANT[order], by) },
          deed: { action: `job-${order}`, target: job },
        };
      }
      const found = jobs.get(job);
      if (!found) throw new VigieError('not-found', `job "${job}": there is none`);
      return { data: { job: found } };
    },
    drill(order, by) {
      const drill = drills.start(order, by);
      return { data: { drill }, deed: { action: 'drill', target: drill.id, detail: { forMs: order.forMs } } };
    },
    drills({ drill: id, limit, ...chosen }) {
      if (id === undefined) return { data: drills.list(chosen, limit) };
      const drill = drills.get(id);
      if (!drill) throw new VigieError('not-found', `drill "${id}": there is none`);
      return { data: { total: 1, drills: [drill] } };
    },
    certificates: ({ day, number, offset, limit, ...address }) => ({
      data: {},
      later:
        day === undefined
          ? certificates.list(address, offset, limit)
          : certificates.remarks(address, day, number, offset, limit),
    }),
    schedules: () => ({ data: options.schedules() }),
    activity: ({ limit }) => ({ data: { activity: options.activity(limit) } }),
  };
}

function selectionOf(args: HubCommandArgs['resync']) {
  const { site, device, source, destination, all = false, days = [], paths = [], replace } = args;
  if (site === undefined || device === undefined || source === undefined || destination === undefined) {
    const message = 're-sync: "report", or "site", "device", "source" and "destination" together, should be given';
    throw new VigieError('arguments', message);
  }
  if (!all && days.length + paths.length === 0) {
    throw new VigieError('arguments', 're-sync: it names no assets; "all", "days" or "paths" should');
  }
  return { site, device, source, destination, all, days, paths, replace };
}
