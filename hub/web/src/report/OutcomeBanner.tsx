import { Loader } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconClock, IconInfoCircle } from '@tabler/icons-react';
import type { Report } from '../api/documents.ts';
import { countText } from '../format/amounts.ts';
import { shownName } from '../format/names.ts';
import classes from './OutcomeBanner.module.css';
import { outcomeOf } from './outcome.ts';

/** The answer first: in sync, or what is not. */
export function OutcomeBanner({ report }: { report: Report }) {
  const { tone, title, detail } = outcomeOf(report);
  const digests = report.matchedByDigest;
  return (
    <section className={classes.root} data-tone={tone} aria-live="polite" data-testid="outcome">
      <span className={classes.icon} aria-hidden="true">
        <Icon report={report} tone={tone} />
      </span>
      <div className={classes.words}>
        <h2 className={classes.title}>{title}</h2>
        <p className={classes.detail}>{shownName(detail)}</p>
        {report.state === 'completed' && report.matched.count > 0 ? (
          <p className={classes.proof}>
            {digests === 0
              ? 'Matched by path and size.'
              : digests === report.matched.count
                ? 'All matches are proved by digests on both sides.'
                : `${countText(digests)} matches are proved by digests on both sides, ${countText(report.matched.count - digests)} by path and size.`}
          </p>
        ) : null}
      </div>
    </section>
  );
}

function Icon({ report, tone }: { report: Report; tone: string }) {
  if (report.state === 'running') return <Loader size={26} color="currentColor" />;
  if (report.state === 'queued') return <IconClock />;
  if (report.state === 'failed') return <IconCircleX />;
  if (tone === 'good') return <IconCircleCheck />;
  return tone === 'calm' ? <IconInfoCircle /> : <IconAlertTriangle />;
}
