import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAction } from '../api/action.ts';
import { changePassword } from '../api/calls.ts';
import { useFocusBack } from '../parts/focus-back.ts';
import { PASSWORD_LENGTH_MIN, validPassword } from '../sign-in/account-rules.ts';

type Change = { current: string; wanted: string };

/** Changes one's own password; every other session of the account ends. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const form = useForm<Change>({
    initialValues: { current: '', wanted: '' },
    validate: {
      current: (current) => (current === '' ? 'The present password is needed.' : null),
      wanted: validPassword,
    },
  });
  const change = useAction<Change, void>({
    run: ({ current, wanted }) => changePassword(current, wanted),
    done: () => 'The password is changed; your other sessions have ended.',
    failed: 'The password was not changed',
    touches: [],
    after: onClose,
  });
  return (
    <Modal opened onClose={onClose} title="Change password" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
        <Stack>
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            data-autofocus
            {...form.getInputProps('current')}
          />
          <PasswordInput
            label="New password"
            description={`At least ${PASSWORD_LENGTH_MIN} characters; a few words in a row are good.`}
            autoComplete="new-password"
            {...form.getInputProps('wanted')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={change.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
