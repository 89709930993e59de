import { Button, Group } from '@mantine/core';
import { IconArrowRight, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useAction } from '../api/action.ts';
import { type JobOrder, orderJob } from '../api/calls.ts';
import type { Job, Report } from '../api/documents.ts';
import { reportsQuery } from '../api/queries.ts';
import { shownName } from '../format/names.ts';
import { Ago } from '../parts/Ago.tsx';
import { Pill } from '../parts/Pill.tsx';
import { Surface } from '../parts/Surface.tsx';
import { useMay } from '../sign-in/user.ts';
import { followUpOf, isFinal } from './follow-up.ts';
import { JobMeter } from './JobMeter.tsx';
import classes from './Jobs.module.css';
import { jobStateText, jobTone } from './job-state.ts';

/** The re-syncs that this report started, and the report that followed them. */
export function Jobs({ report }: { report: Report }) {
  const ended = report.jobs.every((job) => isFinal(job.state));
  const { data } = useQuery({ ...reportsQuery(0, 50), enabled: ended });
  const next = ended ? followUpOf(report, data?.reports ?? []) : undefined;
  return (
    <Surface title="Re-sync" testId="jobs">
      <div className={classes.list}>
        {report.jobs.map((job) => (
          <JobItem key={job.id} job={job} />
        ))}
      </div>
      {next ? (
        <Button
          renderRoot={(props) => <Link to="/reports/$id" params={{ id: next.id }} {...props} />}
          variant="light"
          mt="md"
          rightSection={<IconArrowRight size={16} />}
        >
          Open the follow-up report
        </Button>
      ) : null}
    </Surface>
  );
}

function JobItem({ job }: { job: Job }) {
  const may = useMay('operator');
  const order = useAction<JobOrder, Job>({
    run: (want) => orderJob(job.id, want),
    failed: 'The order was not taken',
    touches: [['jobs'], ['reports']],
  });
  const paused = job.want === 'pause';
  return (
    <div className={classes.item} data-testid="job">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <strong>To {job.destination}</strong>
          <Pill tone={jobTone(job)} pulse={job.state === 'RUNNING'} testId="job-state">
            {jobStateText(job)}
          </Pill>
          <span className={classes.by}>
            by {job.by},{' '}
            {job.completedAt ? (
              <>
                ended <Ago at={job.completedAt} />
              </>
            ) : (
              <>
                ordered <Ago at={job.createdAt} />
              </>
            )}
          </span>
        </Group>
        {may && !isFinal(job.state) && job.want !== 'cancel' ? (
          <Group gap={8}>
            <Button
              size="xs"
              variant="default"
              leftSection={paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
              loading={order.isPending && order.variables !== 'cancel'}
              onClick={() => order.mutate(paused ? 'resume' : 'pause')}
            >
              {paused ? 'Resume' : 'Pause'}
            </Button>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconX size={15} />}
              loading={order.isPending && order.variables === 'cancel'}
              onClick={() => order.mutate('cancel')}
            >
              Cancel re-sync
            </Button>
          </Group>
        ) : null}
      </Group>
      <JobMeter job={job} />
      {job.message ? <div className={classes.message}>{shownName(job.message)}</div> : null}
    </div>
  );
}
