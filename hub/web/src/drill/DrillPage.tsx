import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconPlugConnectedX, IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Drill } from '../api/documents.ts';
import { drillQuery } from '../api/queries.ts';
import { RequestError } from '../api/request.ts';
import { shownName } from '../format/names.ts';
import { instantText } from '../format/times.ts';
import { Lost } from '../layout/Lost.tsx';
import { Back } from '../parts/Back.tsx';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { Rows } from '../parts/Rows.tsx';
import { Surface } from '../parts/Surface.tsx';
import banner from '../report/OutcomeBanner.module.css';
import { Course } from './Course.tsx';
import classes from './DrillPage.module.css';
import { drillOutcome, figureRows, isEnded } from './outcome.ts';

const route = getRouteApi('/drills/$id');
/** While it is under way, the page asks by itself as well. */
const ASK_MS = 3000;

/** The sheet of one outage drill: passed or not and why, its course, its figures. Made to be printed, too. */
export function DrillPage() {
  const { id } = route.useParams();
  const {
    data: drill,
    error,
    refetch,
  } = useQuery({
    ...drillQuery(id),
    refetchInterval: ({ state: { data } }) => (data && !isEnded(data) ? ASK_MS : false),
  });
  if (error instanceof RequestError && error.status === 404) return <Lost />;
  if (!drill)
    return error ? (
      <ErrorNotice title="The drill could not be read" error={error} retry={() => refetch()} />
    ) : (
      <Skeleton height={320} radius="lg" role="status" aria-label="Loading the drill" />
    );
  return (
    <>
      <PageHead
        above={<Back to="/">Fleet</Back>}
        title="Outage drill"
        lead={`${drill.site} / ${drill.device}`}
        actions={
          isEnded(drill) ? (
            <Button
              className={classes.print}
              variant="default"
              leftSection={<IconPrinter size={17} />}
              onClick={() => window.print()}
            >
              Print
            </Button>
          ) : null
        }
      />
      <div className={classes.root}>
        <Verdict drill={drill} />
        {drill.state === 'refused' ? null : <Course drill={drill} />}
        <div className={classes.pair}>
          <Surface title="Figures" testId="drill-figures">
            <Rows rows={figureRows(drill)} />
          </Surface>
          <Surface title="Sheet">
            <Rows
              rows={[
                ['Device', `${drill.site} / ${drill.device}`],
                ['Ordered by', `${drill.by}${drill.atDevice ? ', at the device itself' : ''}`],
                ['Ordered', instantText(drill.orderedAt)],
                ['Ended', drill.endedAt ? instantText(drill.endedAt) : 'not yet'],
                ['Judged by', <Reports key="reports" drill={drill} />],
                ['Drill', drill.id],
              ]}
            />
          </Surface>
        </div>
      </div>
    </>
  );
}

function Verdict({ drill }: { drill: Drill }) {
  const { tone, title, detail } = drillOutcome(drill);
  return (
    <section className={banner.root} data-tone={tone} aria-live="polite" data-testid="drill-outcome">
      <span className={banner.icon} aria-hidden="true">
        <Icon state={drill.state} />
      </span>
      <div className={banner.words}>
        <h2 className={banner.title}>{title}</h2>
        <p className={banner.detail}>{detail}</p>
        {drill.reasons.length > 0 ? (
          <ul className={classes.reasons}>
            {drill.reasons.map((reason) => (
              <li key={reason}>{shownName(reason)}</li>
            ))}
          </ul>
        ) : null}
      </div>
    </section>
  );
}

function Icon({ state }: { state: Drill['state'] }) {
  if (state === 'passed') return <IconCircleCheck />;
  if (state === 'failed') return <IconCircleX />;
  return state === 'refused' ? <IconAlertTriangle /> : <IconPlugConnectedX />;
}

function Reports({ drill }: { drill: Drill }) {
  if (drill.reports.length === 0) return isEnded(drill) ? 'no report' : 'not yet';
  return (
    <span className={classes.reports}>
      {drill.reports.map((id, n) => (
        <Link key={id} to="/reports/$id" params={{ id }} className={classes.link}>
          report {drill.reports.length > 1 ? n + 1 : ''}
        </Link>
      ))}
    </span>
  );
}
