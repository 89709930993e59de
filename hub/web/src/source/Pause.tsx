import { Button, Menu } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { complain, useAction } from '../api/action.ts';
import { sendCommand } from '../api/calls.ts';
import type { CommandResult, DestinationState } from '../api/documents.ts';
import { instantText } from '../format/times.ts';
import { useMay } from '../sign-in/user.ts';

const HOUR_MS = 3_600_000;
const LENGTHS: [label: string, forMs: number | null][] = [
  ['For 1 hour', HOUR_MS],
  ['For 8 hours', 8 * HOUR_MS],
  ['For a day', 24 * HOUR_MS],
  ['Until they are resumed', null],
];

/** Pauses and resumes a device's deliveries to one destination. */
export function Pause({
  address,
  destination,
}: {
  address: { site: string; device: string };
  destination: DestinationState;
}) {
  const may = useMay('operator');
  const { name, paused } = destination;
  const order = useAction<{ resume: boolean; forMs: number | null }, CommandResult>({
    run: ({ resume, forMs }) =>
      sendCommand(address.site, address.device, {
        name: resume ? 'resume-deliveries' : 'pause-deliveries',
        args: { destination: name, ...(forMs !== null && { forMs }) },
      }),
    done: (result, { resume }) => {
      if (result.status === 'ok') return resume ? `Deliveries to ${name} go on.` : `Deliveries to ${name} are paused.`;
      const why = new Error(result.error?.message ?? 'The device did not answer in time.');
      complain(resume ? 'Not resumed' : 'Not paused', why);
      return undefined;
    },
    failed: 'The command was not carried out',
    touches: [['fleet'], ['activity']],
  });
  if (!may) return null;
  if (paused) {
    return (
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconPlayerPlay size={14} />}
        loading={order.isPending}
        onClick={() => order.mutate({ resume: true, forMs: null })}
      >
        Resume
      </Button>
    );
  }
  return (
    <Menu width={230}>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          loading={order.isPending}
          aria-label={`Pause deliveries to ${name}`}
        >
          Pause
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>All deliveries of {address.device}</Menu.Label>
        {LENGTHS.map(([label, forMs]) => (
          <Menu.Item key={label} onClick={() => order.mutate({ resume: false, forMs })}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Who has paused deliveries, since when, and until when. */
export function pauseText({ at, by, until }: NonNullable<DestinationState['paused']>): string {
  return `paused by ${by} since ${instantText(at)}, ${until === null ? 'until they are resumed' : `until ${instantText(until)}`}`;
}
