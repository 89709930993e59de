import { Button, Group, Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';

type Props = {
  opened: boolean;
  title: string;
  /** What the button does, in words: never "OK". */
  action: string;
  busy: boolean;
  children: ReactNode;
  onClose: () => void;
  onConfirm: () => void;
};

/** Asks before something is gone. */
export function Confirm({ opened, title, action, busy, children, onClose, onConfirm }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="sm" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Text size="sm" component="div">
        {children}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep
        </Button>
        <Button color="coral" loading={busy} onClick={onConfirm}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
