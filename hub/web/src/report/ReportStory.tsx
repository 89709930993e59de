import type { Report } from '../api/documents.ts';
import { takenText } from '../format/names.ts';
import { instantText } from '../format/times.ts';
import { triggerText } from '../reports/trigger.ts';
import { listingText } from './listing.ts';
import classes from './ReportStory.module.css';

/** When the report was made, by whom, and its number. */
export function ReportStory({ report }: { report: Report }) {
  const rows: [string, string][] = [
    ['Queued', instantText(report.createdAt)],
    ['Started', report.startedAt ? instantText(report.startedAt) : 'not yet'],
    [
      report.state === 'failed' ? 'Failed' : report.state === 'cancelled' ? 'Cancelled' : 'Completed',
      report.completedAt ? instantText(report.completedAt) : 'not yet',
    ],
    ['Made', triggerText(report)],
    ['Compared', report.proof === 'digest' ? 'by digest; every file was read back' : 'by path and size'],
    ...(report.taken
      ? [['Expected', `only what the destination takes: ${takenText(report.taken)}`] as [string, string]]
      : []),
    ...(report.listing ? [['Destination', listingText(report.listing)] as [string, string]] : []),
    ['Report', report.id],
  ];
  return (
    <dl className={classes.root}>
      {rows.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
