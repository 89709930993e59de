import { nextCronRun } from '@vigie/shared/kit/cron';
import type { HubConfig } from '../config.ts';
import type { HubServices } from '../http/services.ts';

/** What of the hub's configuration is about what it does by itself, as people read it. */
export function schedulesDocument(
  { reports, certificates, resync }: Pick<HubConfig, 'reports' | 'certificates' | 'resync'>,
  now: number,
): ReturnType<HubServices['schedules']> {
  return {
    setIn: 'hub.yaml',
    reports: reports.schedule.map(({ cron, zone, source, destination, days = null, sync, proof }) => {
      const next = nextCronRun(cron, zone, now);
      return {
        ...{ cron, zone, source: `${source.site}/${source.device}/${source.source}`, destination, days, sync, proof },
        nextAt: next === undefined ? null : new Date(next).toISOString(),
      };
    }),
    keep: { reportsMs: reports.keep, reportsAtLeast: reports.keepAtLeast },
    listAgainAfterMs: reports.listAgainAfter,
    certificates: { everyMs: certificates.every, afterMs: certificates.after },
    resync: {
      policy: resync.policy,
      outageAfterMs: resync.outageAfter,
      jobExpiryMs: resync.jobExpiry,
      devicesAtOnce: resync.devicesAtOnce ?? null,
      bytesPerSecond: resync.bandwidth ?? null,
    },
  };
}
