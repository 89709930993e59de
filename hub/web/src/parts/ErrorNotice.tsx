import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { messageOf } from '../api/action.ts';
import { RequestError } from '../api/request.ts';

/** What could not be read, why, what helps, and the way to try again. */
export function ErrorNotice({ title, error, retry }: { title: string; error: unknown; retry?: () => void }) {
  return (
    <Alert color="coral" radius="lg" icon={<IconAlertTriangle />} title={title} role="alert">
      <Text size="sm">{messageOf(error)}</Text>
      {error instanceof RequestError && error.hint ? (
        <Text size="sm" c="dimmed" mt={2}>
          {error.hint}
        </Text>
      ) : null}
      {retry ? (
        <Group mt="sm">
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
            Try again
          </Button>
        </Group>
      ) : null}
    </Alert>
  );
}
