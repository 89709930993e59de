import type { Schedules } from '../api/documents.ts';
import { bytesText, plural } from '../format/amounts.ts';
import { durationText, instantText } from '../format/times.ts';

const POLICIES: Record<Schedules['resync']['policy'], string> = {
  automatic: 'a report, and what is missing is sent again',
  ask: 'a report; a person orders what is missing',
  never: 'nothing by itself',
};

/** What the hub does by itself, as terms and what is true of them. */
export function scheduleRows({ reports, keep, certificates, resync }: Schedules): [term: string, value: string][] {
  const times = reports.map(({ cron, zone, source, destination, days, sync, proof, nextAt }): [string, string] => [
    `Report at ${cron} (${zone})`,
    [
      `${source} against ${destination === '*' ? 'all destinations' : destination}`,
      ...(days === null ? [] : [`the last ${plural(days, 'day')}`]),
      `by ${proof}`,
      ...(sync ? ['and sends what is missing'] : []),
      ...(nextAt === null ? [] : [`next ${instantText(nextAt)}`]),
    ].join(', '),
  ]);
  const limits = [
    ...(resync.devicesAtOnce === null ? [] : [`${plural(resync.devicesAtOnce, 'device')} at once`]),
    ...(resync.bytesPerSecond === null ? [] : [`${bytesText(resync.bytesPerSecond)} a second together`]),
  ];
  return [
    ...(times.length > 0 ? times : [['Reports by timetable', 'none'] as [string, string]]),
    [`After an outage of ${durationText(resync.outageAfterMs)}`, POLICIES[resync.policy]],
    ['Reports are kept for', `${durationText(keep.reportsMs)}, the last ${keep.reportsAtLeast} of each pair longer`],
    ['A re-sync ends after', [durationText(resync.jobExpiryMs), ...limits].join(', ')],
    [
      'Certificates',
      `each ${durationText(certificates.everyMs)}, ${durationText(certificates.afterMs)} after a day is over`,
    ],
  ];
}
