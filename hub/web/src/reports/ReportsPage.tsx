import { Button, Pagination, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFileDiff, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { reportsQuery } from '../api/queries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Nothing } from '../parts/Nothing.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { Surface } from '../parts/Surface.tsx';
import { useMay } from '../sign-in/user.ts';
import { NewReportDialog } from './NewReportDialog.tsx';
import { ReportList } from './ReportList.tsx';
import { ScheduleList } from './ScheduleList.tsx';

const PAGE_REPORTS = 20;

/** All sync reports, the newest first: what waits, what runs, what came out. */
export function ReportsPage() {
  const [page, setPage] = useState(1);
  const [creating, dialog] = useDisclosure(false);
  const may = useMay('operator');
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(reportsQuery((page - 1) * PAGE_REPORTS, PAGE_REPORTS));
  const pages = Math.ceil((data?.total ?? 0) / PAGE_REPORTS);
  const create = may ? (
    <Button leftSection={<IconPlus size={17} />} onClick={dialog.open}>
      New report
    </Button>
  ) : null;
  return (
    <>
      <PageHead
        title="Sync reports"
        lead="Compare what a source holds with what has arrived, and send what is missing."
        actions={data?.total === 0 ? null : create}
      />
      {error && !data ? (
        <ErrorNotice title="The reports could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {!data && !error ? <ListSkeleton /> : null}
      {data?.total === 0 ? (
        <Surface>
          <Nothing icon={<IconFileDiff />} title="No reports yet" action={create}>
            A report compares two sides, file by file: which pictures are in both, which are missing, which differ. From
            a report you can send what is missing. After an outage the hub makes one by itself.
          </Nothing>
        </Surface>
      ) : null}
      {data && data.total > 0 ? <ReportList reports={data.reports} /> : null}
      {pages > 1 ? (
        <Pagination
          mt="lg"
          total={pages}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      ) : null}
      <ScheduleList />
      {creating ? (
        <NewReportDialog
          onClose={dialog.close}
          onCreated={(report) => navigate({ to: '/reports/$id', params: { id: report.id } })}
        />
      ) : null}
    </>
  );
}

function ListSkeleton() {
  return (
    <div role="status" aria-busy="true" aria-label="Loading reports">
      {['a', 'b', 'c', 'd', 'e'].map((key) => (
        <Skeleton key={key} height={74} radius="lg" mb={10} />
      ))}
    </div>
  );
}
