import type { Side } from '../http/schema.ts';
import type { ReportRow } from '../store/reports.ts';

/** The report that follows an outage; with `sync` a re-sync of what can be mended follows it. */
export const outageReport = (left: Side, right: Side, sync: boolean, by: string) => ({
  ...{ left: JSON.stringify(left), right: JSON.stringify(right), filter: '{}', sync, by },
  trigger: 'outage' as ReportRow['trigger'],
});
