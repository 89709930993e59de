import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { IconRefreshDot } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useAction } from '../api/action.ts';
import { rerunReport } from '../api/calls.ts';
import type { Report } from '../api/documents.ts';
import { estimateQuery } from '../api/queries.ts';
import { bytesText, countText, plural } from '../format/amounts.ts';
import { sideText } from '../format/names.ts';
import { durationText } from '../format/times.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { useFocusBack } from '../parts/focus-back.ts';
import classes from './SyncDialog.module.css';

type Props = { report: Report; onClose: () => void; onStarted: (report: Report) => void };

/** Says what a re-sync would move before it is ordered. */
export function SyncDialog({ report, onClose, onStarted }: Props) {
  useFocusBack();
  const { data, error, refetch } = useQuery(estimateQuery(report.id));
  const start = useAction<void, Report>({
    run: () => rerunReport(report.id, { sync: true }),
    done: () => 'The report is run again; the re-sync follows.',
    failed: 'The re-sync was not started',
    touches: [['reports'], ['jobs']],
    after: (next) => {
      onClose();
      onStarted(next);
    },
  });
  const others = data?.left.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return (
    <Modal opened onClose={onClose} title="Re-run & Sync" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text size="sm">
          The report is run again first. What can then be mended at <strong>{sideText(report.right).title}</strong> is
          sent from <strong>{sideText(report.left).title}</strong>, behind new pictures.
        </Text>
        {error ? <ErrorNotice title="No estimate" error={error} retry={() => refetch()} /> : null}
        {!error && !data ? <Skeleton height={76} radius="md" aria-label="Loading the estimate" /> : null}
        {data ? (
          <dl className={classes.figures} data-testid="estimate">
            <div>
              <dt>Files</dt>
              <dd>{countText(data.total.count)}</dd>
            </div>
            <div>
              <dt>Size</dt>
              <dd>{bytesText(data.total.bytes)}</dd>
            </div>
            <div>
              <dt>Time, about</dt>
              <dd>{data.seconds === null ? 'not known yet' : durationText(Math.max(1, data.seconds) * 1000)}</dd>
            </div>
          </dl>
        ) : null}
        {data && others > 0 ? (
          <div data-testid="left">
            <Text size="sm" fw={600}>
              It leaves {plural(others, 'file')}:
            </Text>
            <ul className={classes.left}>
              {data.left.map(({ action, advice, count }) => (
                <li key={action}>
                  <b>{countText(count)}</b>
                  <span>{advice}</span>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button
            leftSection={<IconRefreshDot size={17} />}
            loading={start.isPending}
            onClick={() => start.mutate()}
            data-autofocus
          >
            Start re-sync
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
