import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { isFinal, type JobOrder, type Message } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Side } from '../http/schema.ts';
import type { Activities } from '../store/activities.ts';
import type { Inventories } from '../store/inventories.ts';
import type { JobRow, JobStore } from '../store/jobs.ts';
import type { ReportRow, ReportStore } from '../store/reports.ts';
import { planResync } from './plan.ts';

/** Orders re-syncs and follows them to their end. */
export type Resync = {
  /** Orders what mends a completed report; returns the jobs. */
  start(report: ReportRow, by: string): JobRow[];
  order(id: string, want: JobRow['want'], by: string): JobRow;
  updated(address: DeviceAddress, update: Message<'job/update'>): void;
  /** Tells a device all its open orders anew. */
  tell(address: DeviceAddress): void;
  expire(): void;
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
  inventories: Inventories;
  activities: Activities;
  publishNext: (address: DeviceAddress, jobs: JobOrder[]) => Promise<void>;
  /** Compare again, now that all jobs of a report have ended. */
  followUp: (report: ReportRow) => void;
  changed: (id: string) => void;
  expiryMs: number;
  clock: Clock;
  log: Log;
}): Resync {
  const { jobs, reports, inventories, activities, clock, log } = options;

  function tell(address: DeviceAddress): void {
    const orders: JobOrder[] = [];
    let bytes = 0;
    for (const order of jobs.openOrders(address)) {
      bytes += JSON.stringify(order).length;
      if (orders.length > 0 && bytes > NEXT_BYTES_MAX) break;
      orders.push(order);
    }
    options.publishNext(address, orders).catch((error: unknown) => {
      // At the next connection of the hub, and of the device, it is told again.
      log.debug({ device: address.device, error: String(error) }, 'orders wait for the link');
    });
  }

  return {
    tell,
    start(report, by) {
      const left: Side = JSON.parse(report.left);
      const right: Side = JSON.parse(report.right);
      if (left.type !== 'source' || right.type !== 'destination') {
        throw new VigieError(
          'conflict',
          're-sync: the report compares no source with a destination, so nobody can send',
        );
      }
      const row = inventories.find(left);
      const dayCounts = new Map(row ? inventories.buckets(row).map((b) => [b.day, b.count]) : []);
      const place = { source: left.source, destination: right.destination };
      const isSendable = ({ path }: { path: string }) => !row || inventories.entry(row, path)?.purgedAt === undefined;
      const planned = planResync([...reports.allUnmatched(report.id)].filter(isSendable), dayCounts, place);
      const expiresAt = clock.now() + options.expiryMs;
      const { site, device } = left;
      const created = planned.map(({ selection, total }) =>
        jobs.create({ site, device, by, reportId: report.id, selection, total, expiresAt }),
      );
      const count = created.reduce((sum, j) => sum + j.totalCount, 0);
      if (count > 0) {
        activities.add(
          'resync',
          `re-sync of ${count} assets of ${left.source} to ${right.destination} ordered by ${by}`,
          left,
        );
        tell(left);
      }
      for (const { id } of created) options.changed(id);
      return created;
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
      const row = jobs.update(address, update);
      if (!row) return;
      options.changed(row.id);
      if (!isFinal(row.state)) return;
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
