import { ActionIcon, Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconDownload, IconPlayerStop, IconRefresh, IconRefreshDot, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useAction } from '../api/action.ts';
import { cancelReport, exportUrl, removeReport, rerunReport } from '../api/calls.ts';
import type { Report } from '../api/documents.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { useMay } from '../sign-in/user.ts';
import { isOver } from './outcome.ts';
import { SyncDialog } from './SyncDialog.tsx';

const FORMATS = [
  ['csv', 'CSV table'],
  ['ndjson', 'NDJSON lines'],
  ['combined', 'Combined (= - + * !)'],
  ['json', 'JSON figures'],
] as const;

/** What can be done with a report in its state. */
export function ReportActions({ report }: { report: Report }) {
  const may = useMay('operator');
  const navigate = useNavigate();
  const [syncing, sync] = useDisclosure(false);
  const [deleting, deletion] = useDisclosure(false);
  const open = (next: Report) => navigate({ to: '/reports/$id', params: { id: next.id } });
  const touches = [['reports'], ['jobs']];
  const rerun = useAction<{ full?: boolean }, Report>({
    run: (order) => rerunReport(report.id, { sync: false, ...order }),
    done: () => 'The report is run again.',
    failed: 'Not run again',
    touches,
    after: open,
  });
  const cancel = useAction<void, Report>({
    run: () => cancelReport(report.id),
    done: () => 'The report is cancelled.',
    failed: 'Not cancelled',
    touches,
  });
  const remove = useAction<void, void>({
    run: () => removeReport(report.id),
    done: () => 'The report is deleted.',
    failed: 'Not deleted',
    touches: [['reports', 'list']],
    after: () => navigate({ to: '/reports' }),
  });
  const over = isOver(report);
  const syncable = report.left.type === 'source' && report.right.type === 'destination' && report.mendable.count > 0;
  return (
    <>
      {may && !over ? (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} />}
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel report
        </Button>
      ) : null}
      {may && over ? (
        <>
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} />}
            loading={rerun.isPending}
            onClick={() => rerun.mutate({})}
          >
            Re-run
          </Button>
          {syncable && report.state === 'completed' ? (
            <Button leftSection={<IconRefreshDot size={17} />} onClick={sync.open}>
              Re-run &amp; Sync
            </Button>
          ) : null}
        </>
      ) : null}
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Export</Menu.Label>
          {FORMATS.map(([format, label]) => (
            <Menu.Item
              key={format}
              component="a"
              href={exportUrl(report.id, format)}
              download
              leftSection={<IconDownload size={16} />}
              disabled={report.state !== 'completed'}
            >
              {label}
            </Menu.Item>
          ))}
          {may && over ? (
            <>
              {report.listing?.pass === 'incremental' ? (
                <>
                  <Menu.Divider />
                  <Menu.Item
                    leftSection={<IconRefresh size={16} />}
                    disabled={rerun.isPending}
                    onClick={() => rerun.mutate({ full: true })}
                  >
                    Re-run, list every folder
                  </Menu.Item>
                </>
              ) : null}
              <Menu.Divider />
              <Menu.Item color="coral" leftSection={<IconTrash size={16} />} onClick={deletion.open}>
                Delete report
              </Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {syncing ? <SyncDialog report={report} onClose={sync.close} onStarted={open} /> : null}
      <Confirm
        opened={deleting}
        title="Delete this report?"
        action="Delete report"
        busy={remove.isPending}
        onClose={deletion.close}
        onConfirm={() => remove.mutate()}
      >
        Its figures and its list of files go. No picture is touched.
      </Confirm>
    </>
  );
}
