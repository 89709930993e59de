import { Button, Menu } from '@mantine/core';
import { IconCamera, IconChevronDown, IconFolderSearch, IconRecycle, IconRefreshAlert } from '@tabler/icons-react';
import { complain, useAction } from '../api/action.ts';
import { sendCommand } from '../api/calls.ts';
import type { CommandRequest, CommandResult, SourceAddress } from '../api/documents.ts';
import { useMay } from '../sign-in/user.ts';

type Name = Exclude<CommandRequest['name'], 'ping' | 'pause-deliveries' | 'resume-deliveries'>;
const DONE: Record<Name, string> = {
  capture: 'Picture taken.',
  scan: 'The folder is scanned.',
  'retry-failed': 'Failed deliveries are tried again.',
  'recover-stage': 'What lay in stage is back in input.',
};
const FAILED: Record<Name, string> = {
  capture: 'No picture taken',
  scan: 'Not scanned',
  'retry-failed': 'Not tried again',
  'recover-stage': 'Stage not recovered',
};

/** What an operator can order a source to do now. */
export function Commands({ address, offline }: { address: SourceAddress; offline: boolean }) {
  const may = useMay('operator');
  const order = useAction<Name, CommandResult>({
    run: (name) => sendCommand(address.site, address.device, { name, args: { source: address.source } }),
    done: (result, name) => {
      if (result.status === 'ok') return DONE[name];
      if (result.status === 'accepted') return 'Accepted; the device is at it.';
      complain(FAILED[name], new Error(result.error?.message ?? 'The device did not answer in time.'));
      return undefined;
    },
    failed: 'The command was not carried out',
    touches: [['fleet'], ['pictures'], ['activity']],
  });
  if (!may) return null;
  const busy = order.isPending ? order.variables : undefined;
  return (
    <>
      <Button
        leftSection={<IconCamera size={17} />}
        onClick={() => order.mutate('capture')}
        loading={busy === 'capture'}
        disabled={offline}
        title={offline ? 'The device is offline' : undefined}
      >
        Capture now
      </Button>
      <Menu width={250}>
        <Menu.Target>
          <Button
            variant="default"
            rightSection={<IconChevronDown size={15} />}
            loading={busy !== undefined && busy !== 'capture'}
            disabled={offline}
          >
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFolderSearch size={16} />} onClick={() => order.mutate('scan')}>
            Scan the folder
          </Menu.Item>
          <Menu.Item leftSection={<IconRefreshAlert size={16} />} onClick={() => order.mutate('retry-failed')}>
            Retry failed deliveries
          </Menu.Item>
          <Menu.Item leftSection={<IconRecycle size={16} />} onClick={() => order.mutate('recover-stage')}>
            Recover stage
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
