import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Report } from '../api/documents.ts';
import { reportQuery } from '../api/queries.ts';
import { RequestError } from '../api/request.ts';
import { filterText } from '../format/names.ts';
import { Lost } from '../layout/Lost.tsx';
import { Back } from '../parts/Back.tsx';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { Sides } from '../reports/Sides.tsx';
import { Figures } from './Figures.tsx';
import { isFinal } from './follow-up.ts';
import { Jobs } from './Jobs.tsx';
import { OutcomeBanner } from './OutcomeBanner.tsx';
import { isOver } from './outcome.ts';
import { ReportActions } from './ReportActions.tsx';
import classes from './ReportPage.module.css';
import { ReportStory } from './ReportStory.tsx';
import { SinceLast } from './SinceLast.tsx';
import { Unmatched } from './Unmatched.tsx';

const route = getRouteApi('/reports/$id');
/** While something moves, the page asks by itself as well: figures go on even if an event is lost. */
const ASK_MS = 3000;

const moves = (report: Report): boolean => !isOver(report) || report.jobs.some((job) => !isFinal(job.state));

/** One report: what came out, the figures, what is being done about it, and every file that does not match. */
export function ReportPage() {
  const { id } = route.useParams();
  const {
    data: report,
    error,
    refetch,
  } = useQuery({
    ...reportQuery(id),
    refetchInterval: ({ state: { data } }) => (data && moves(data) ? ASK_MS : false),
  });
  if (error instanceof RequestError && error.status === 404) return <Lost />;
  if (!report)
    return error ? (
      <ErrorNotice title="The report could not be read" error={error} retry={() => refetch()} />
    ) : (
      <ReportSkeleton />
    );
  const filter = filterText(report.filter);
  return (
    <>
      <PageHead
        above={<Back to="/reports">Sync reports</Back>}
        title="Sync report"
        lead={
          <>
            <Sides left={report.left} right={report.right} />
            {filter ? `Only ${filter}` : null}
          </>
        }
        actions={<ReportActions report={report} />}
      />
      <div className={classes.root}>
        <OutcomeBanner report={report} />
        {report.jobs.length > 0 ? <Jobs report={report} /> : null}
        {report.state === 'completed' ? <Figures report={report} /> : null}
        {report.state === 'completed' && report.previous ? <SinceLast since={report.previous} /> : null}
        {report.state === 'completed' ? <Unmatched key={report.id} report={report} /> : null}
        <ReportStory report={report} />
      </div>
    </>
  );
}

function ReportSkeleton() {
  return (
    <div className={classes.root} role="status" aria-busy="true" aria-label="Loading the report">
      <Skeleton height={60} width={320} />
      <Skeleton height={96} radius="lg" />
      <Skeleton height={360} radius="lg" />
      <Skeleton height={260} radius="lg" />
    </div>
  );
}
