import { Progress } from '@mantine/core';
import type { Job } from '../api/documents.ts';
import { bytesText, countText, percentOf } from '../format/amounts.ts';
import { isFinal } from './follow-up.ts';
import classes from './JobMeter.module.css';
import { jobStateText, jobTone } from './job-state.ts';

const COLOURS = { good: 'lagoon', calm: 'lagoon', warn: 'lamp', bad: 'coral' } as const;

/** How far a re-sync is, by pictures. A job that ended without all of them stays below its end. */
export function JobMeter({ job, brief }: { job: Job; brief?: boolean }) {
  const percent = job.total.count === 0 && !isFinal(job.state) ? 0 : percentOf(job.done.count, job.total.count);
  return (
    <div className={classes.root} data-brief={brief || undefined} data-testid="job-progress">
      <div className={classes.words}>
        <span>
          {brief ? `Re-sync ${jobStateText(job).toLowerCase()} · ` : ''}
          {countText(job.done.count)} of {countText(job.total.count)}
          {brief ? '' : ` · ${bytesText(job.done.bytes)} of ${bytesText(job.total.bytes)}`}
          {job.failed > 0 ? <span className={classes.failed}> · {countText(job.failed)} failed</span> : null}
        </span>
        <span className={classes.percent}>{percent} %</span>
      </div>
      <Progress
        value={percent}
        size={brief ? 4 : 8}
        color={COLOURS[jobTone(job)]}
        striped={job.state === 'RUNNING'}
        animated={job.state === 'RUNNING'}
        aria-label="Re-sync progress"
      />
    </div>
  );
}
