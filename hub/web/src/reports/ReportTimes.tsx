import { Tooltip } from '@mantine/core';
import type { Report } from '../api/documents.ts';
import { durationText, instantText, millisOf, shortText } from '../format/times.ts';
import { useNow } from '../parts/now.ts';
import classes from './ReportTimes.module.css';
import { triggerText } from './trigger.ts';

/** When a report was queued, how long it took, and who asked for it; all three instants on hover. */
export function ReportTimes({ report }: { report: Report }) {
  const now = useNow();
  const { createdAt, startedAt, completedAt } = report;
  const lines = [
    `Queued ${instantText(createdAt)}`,
    startedAt ? `Started ${instantText(startedAt)}` : 'Not started',
    completedAt ? `Ended ${instantText(completedAt)}` : 'Not at its end',
  ];
  return (
    <Tooltip label={lines.join('\n')} styles={{ tooltip: { whiteSpace: 'pre-line' } }}>
      <div className={classes.root}>
        <time dateTime={createdAt}>{shortText(createdAt, now)}</time>
        {startedAt
          ? ` · ${durationText((completedAt ? millisOf(completedAt) : now) - millisOf(startedAt))}`
          : ' · queued'}
        <div className={classes.by}>{triggerText(report)}</div>
      </div>
    </Tooltip>
  );
}
