import { Link } from '@tanstack/react-router';
import type { Report, Totals } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import { filterText } from '../format/names.ts';
import { isFinal } from '../report/follow-up.ts';
import { JobMeter } from '../report/JobMeter.tsx';
import { StatusPill } from '../report/StatusPill.tsx';
import classes from './ReportList.module.css';
import { ReportTimes } from './ReportTimes.tsx';
import { Sides } from './Sides.tsx';

/** One report of the list; all of it leads to the report. */
export function ReportRow({ report }: { report: Report }) {
  const filter = filterText(report.filter);
  const job = report.jobs.find(({ state }) => !isFinal(state)) ?? report.jobs.at(-1);
  const known = report.state === 'completed';
  return (
    <li className={classes.row} data-testid="report-row">
      <div className={classes.status}>
        <StatusPill report={report} />
      </div>
      <div className={classes.sides}>
        <Link to="/reports/$id" params={{ id: report.id }} className={classes.link}>
          <Sides left={report.left} right={report.right} brief />
        </Link>
        {filter ? <div className={classes.note}>{filter}</div> : null}
        {report.state === 'failed' && report.error ? <div className={classes.failure}>{report.error}</div> : null}
        {report.state === 'running' ? (
          <div className={classes.note}>
            {countText(report.progress.folders)} folders, {countText(report.progress.entries)} files read
          </div>
        ) : null}
        {job ? <JobMeter job={job} brief /> : null}
      </div>
      <div className={classes.figures}>
        <Figure label="Source" totals={known ? report.source : undefined} />
        <Figure label="Dest." totals={known ? report.destination : undefined} />
        <Figure label="Matched" totals={known ? report.matched : undefined} />
        <Figure label="Missing" totals={known ? report.missing : undefined} tone="warn" />
        <Figure label="Extra" totals={known ? report.extra : undefined} tone="calm" />
      </div>
      <div className={classes.times}>
        <ReportTimes report={report} />
      </div>
    </li>
  );
}

function Figure({ label, totals, tone }: { label: string; totals: Totals | undefined; tone?: 'warn' | 'calm' }) {
  return (
    <div className={classes.figure} data-tone={totals && totals.count > 0 ? tone : undefined}>
      <span className={classes.label}>{label}</span>
      <span className={classes.count}>{totals ? countText(totals.count) : '–'}</span>
      <span className={classes.bytes}>{totals ? bytesText(totals.bytes) : ''}</span>
    </div>
  );
}
