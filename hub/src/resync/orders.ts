import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { pack } from '@vigie/shared/protocol/inventory';
import { isFinal, type JobOrder, type Message, type ResyncSelection } from '@vigie/shared/protocol/messages';
import type { Amount } from '@vigie/shared/protocol/report';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Side } from '../http/schema.ts';
import type { Activities } from '../store/activities.ts';
import { type Devices, stateOf } from '../store/devices.ts';
import type { Inventories, SourceRow } from '../store/inventories.ts';
import type { JobRow, JobStore } from '../store/jobs.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { planResync } from './plan.ts';
import type { RateMeter } from './rate-meter.ts';
import { deviceKey, mustWait, shareOf, turnsOf } from './turns.ts';

/** Orders re-syncs and follows them to their end. */
export type Resync = {
  /** Orders what mends a completed report; returns the jobs. */
  start(report: ReportRow, by: string): JobRow[];
  /** The same by a report's id. Throws `not-found`, or `conflict` where it has not completed or is being mended already. */
  startReport(id: string, by: string): JobRow[];
  /** Orders assets that somebody has named. Throws `not-found` for a source or destination that the device has not told of. */
  startSelected(selected: Selected, by: string, expiryMs?: number): JobRow;
  /** What that would be, and how long it takes at the rate seen lately. */
  measure(selected: Selected): { total: Amount; seconds: number | null };
  order(id: string, want: JobRow['want'], by: string): JobRow;
  updated(address: DeviceAddress, update: Message<'job/update'>): void;
  /** Tells a device all its open orders anew. */
  tell(address: DeviceAddress): void;
  expire(): void;
  /** Gives turns to devices, where not all may run re-syncs at once, and their parts of the bandwidth. */
  allot(): void;
  /** Does a job wait for its device's turn? */
  waits(row: JobRow): boolean;
};

/** Assets of one source, as somebody names them. */
export type Selected = DeviceAddress & {
  source: string;
  destination: string;
  all: boolean;
  days: readonly string[];
  paths: readonly string[];
  replace: boolean;
};

const ENDINGS: Partial<Record<JobRow['state'], string>> = {
  SUCCEEDED: 'ended well',
  FAILED: 'ended with failures',
  TIMED_OUT: 'run out of time',
  REJECTED: 'been refused by the device',
  CANCELLED: 'been cancelled',
};

/** Bytes of one `job/next` message at most. */
const NEXT_BYTES_MAX = 200_000;

export function createResync(options: {
  jobs: JobStore;
  reports: ReportStore;
  devices: Pick<Devices, 'find' | 'all'>;
  inventories: Inventories;
  activities: Activities;
  /** Bytes a second that deliveries of a device to a destination have lately reached, or null where none were seen. */
  rate: RateMeter['rate'];
  publishNext: (address: DeviceAddress, jobs: JobOrder[], bytesPerSecond: number | undefined) => Promise<void>;
  /** How many devices run re-syncs at once, and what they may send together, in bytes a second; absent: no limit. */
  limits?: { devicesAtOnce?: number | undefined; bandwidth?: number | undefined };
  /** Compare again, now that all jobs of a report have ended. */
  followUp: (report: ReportRow) => void;
  changed: (id: string) => void;
  expiryMs: number;
  clock: Clock;
  log: Log;
}): Resync {
  const { jobs, reports, devices, inventories, activities, clock, log } = options;
  const { devicesAtOnce, bandwidth } = options.limits ?? {};
  const isLimited = devicesAtOnce !== undefined || bandwidth !== undefined;
  let turns = new Set<string>();

  function tell(address: DeviceAddress): void {
    const key = deviceKey(address);
    const mayGo = (id: string): boolean => {
      const row = isLimited ? jobs.find(id) : undefined;
      return !row || !mustWait(row, turns.has(key));
    };
    const orders: JobOrder[] = [];
    let bytes = 0;
    for (const order of jobs.openOrders(address)) {
      if (!mayGo(order.id)) continue;
      bytes += JSON.stringify(order).length;
      if (orders.length > 0 && bytes > NEXT_BYTES_MAX) break;
      orders.push(order);
    }
    options.publishNext(address, orders, shareOf(bandwidth, turns, key)).catch((error: unknown) => {
      // At the next connection of the hub, and of the device, it is told again.
      log.debug({ device: address.device, error: String(error) }, 'orders wait for the link');
    });
  }

  function allot(): void {
    if (!isLimited) return;
    const online = new Set(devices.all().flatMap((row) => (row.presence === 'offline' ? [] : deviceKey(row))));
    const had = turns;
    turns = turnsOf({ jobs: jobs.open(), isOnline: (key) => online.has(key), had, devicesAtOnce });
    const isNewPart = bandwidth !== undefined && turns.size !== had.size;
    for (const key of turns) {
      if (had.has(key) && !isNewPart) continue;
      const [site = '', device = ''] = key.split('/');
      tell({ site, device });
    }
  }

  function sourceOf(selected: Selected): SourceRow {
    const { site, device, source, destination } = selected;
    const known = devices.find(selected);
    const told = known && stateOf(known)?.sources.find((s) => s.name === source);
    const row = inventories.find(selected);
    if (!row || !told) {
      throw new VigieError('not-found', `re-sync "${site}/${device}/${source}": the hub has never heard of it`);
    }
    if (told.destinations.some((d) => d.name === destination)) return row;
    const list = told.destinations.map((d) => d.name).join(', ') || 'none';
    const message = `re-sync "${device}/${source}" to "${destination}": the source has no such destination, but ${list}`;
    throw new VigieError('not-found', message);
  }

  function start(report: ReportRow, by: string): JobRow[] {
    const left: Side = JSON.parse(report.left);
    const right: Side = JSON.parse(report.right);
    if (left.type !== 'source' || right.type !== 'destination') {
      throw new VigieError('conflict', 're-sync: the report compares no source with a destination, so nobody can send');
    }
    const row = inventories.find(left);
    const dayCounts = new Map(row ? inventories.buckets(row).map((b) => [b.day, b.count]) : []);
    const place = { source: left.source, destination: right.destination };
    const isSendable = ({ path }: { path: string }) => !row || inventories.entry(row, path)?.purgedAt === undefined;
    const unmatched = [...reports.allUnmatched(report.id)];
    const planned = planResync(unmatched.filter(isSendable), dayCounts, place);
    const expiresAt = clock.now() + options.expiryMs;
    const { site, device } = left;
    const created = planned.map(({ selection, total }) =>
      jobs.create({ site, device, by, reportId: report.id, selection, total, expiresAt }),
    );
    const count = created.reduce((sum, j) => sum + j.totalCount, 0);
    if (count > 0) {
      const ordered = `re-sync of ${count} assets of ${left.source} to ${right.destination} ordered by ${by}`;
      const rest = unmatched.length - count;
      activities.add('resync', rest === 0 ? ordered : `${ordered}; ${rest} that it does not mend are left`, left);
      allot();
      tell(left);
    }
    for (const { id } of created) options.changed(id);
    return created;
  }

  return {
    tell,
    allot,
    waits: (row) => isLimited && !isFinal(row.state) && mustWait(row, turns.has(deviceKey(row))),
    start,
    startReport(id, by) {
      const row = reports.find(id);
      if (!row) throw new VigieError('not-found', `report "${id}": there is none`);
      if (row.state !== 'completed') {
        throw new VigieError('conflict', `re-sync of report "${id}": it is ${row.state}; it should have completed`);
      }
      if (jobs.ofReport(id).some((j) => !isFinal(j.state))) {
        throw new VigieError('conflict', `re-sync of report "${id}": it is being mended already`);
      }
      return start(row, by);
    },
    startSelected(selected, by, expiryMs = options.expiryMs) {
      const total = inventories.sendable(sourceOf(selected), selected);
      const { site, device, source, destination, all, days, paths, replace } = selected;
      const selection: ResyncSelection = {
        ...{ source, destination, replace },
        ...(all && { all }),
        ...(days.length > 0 && { days: [...days] }),
        ...(paths.length > 0 && { paths: pack(paths) }),
      };
      const expiresAt = clock.now() + expiryMs;
      const row = jobs.create({ site, device, by, reportId: null, selection, total, expiresAt });
      activities.add('resync', `re-sync of ${total.count} assets of ${source} to ${destination} ordered by ${by}`, row);
      allot();
      tell(row);
      options.changed(row.id);
      return row;
    },
    measure(selected) {
      const total = inventories.sendable(sourceOf(selected), selected);
      const rate = options.rate(selected);
      return { total, seconds: rate === null ? null : Math.ceil(total.bytes / rate) };
    },
    order(id, want, by) {
      const row = jobs.order(id, want, by);
      activities.add(
        'resync',
        `${by} ordered the re-sync of ${row.source} to ${want === 'run' ? 'run on' : want}`,
        row,
      );
      tell(row);
      options.changed(id);
      return row;
    },
    updated(address, update) {
      if (update.order?.id === update.id && jobs.adopt(address, update.order, update.at)) {
        const { selection, by } = update.order;
        const place = `${selection.source} to ${selection.destination}`;
        activities.add('resync', `re-sync of ${place} ordered by ${by} at the device itself`, address);
      }
      const before = jobs.find(update.id)?.version;
      const row = jobs.update(address, update);
      if (!row) return;
      options.changed(row.id);
      if (!isFinal(row.state)) {
        // An operator ordered at the device, or against the hub: what the broker keeps for it has to say what holds now.
        if (row.version !== before || update.order) tell(address);
        return;
      }
      allot();
      const sent = `${row.doneCount} of ${row.totalCount} assets are at ${row.destination}`;
      activities.add('resync', `re-sync of ${row.source} has ${ENDINGS[row.state] ?? 'ended'}: ${sent}`, address);
      tell(address);
      const report = row.reportId === null ? undefined : reports.find(row.reportId);
      if (report && jobs.ofReport(report.id).every((j) => isFinal(j.state))) options.followUp(report);
    },
    expire() {
      for (const row of jobs.expire()) {
        activities.add('resync', `re-sync of ${row.source} timed out: the device did not end it`, row);
        tell(row);
        options.changed(row.id);
      }
    },
  };
}
