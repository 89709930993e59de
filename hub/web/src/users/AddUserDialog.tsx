import { Button, Group, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAction } from '../api/action.ts';
import { addUser } from '../api/calls.ts';
import type { NewUser, User } from '../api/documents.ts';
import { useFocusBack } from '../parts/focus-back.ts';
import { PASSWORD_LENGTH_MIN, validEmail, validName, validPassword } from '../sign-in/account-rules.ts';
import { ROLES } from './roles.ts';

/** Makes an account; its password is handed over by the administrator. */
export function AddUserDialog({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const form = useForm<NewUser>({
    initialValues: { name: '', email: '', password: '', role: 'viewer' },
    validate: { name: validName, email: validEmail, password: validPassword },
  });
  const add = useAction<NewUser, User>({
    run: (user) => addUser({ ...user, email: user.email.trim() }),
    done: (user) => `${user.name} can sign in now.`,
    failed: 'The user was not added',
    touches: [['users']],
    after: onClose,
  });
  return (
    <Modal opened onClose={onClose} title="Add user" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((user) => add.mutate(user))} noValidate>
        <Stack>
          <TextInput label="Name" autoComplete="off" data-autofocus {...form.getInputProps('name')} />
          <TextInput label="E-mail" type="email" autoComplete="off" {...form.getInputProps('email')} />
          <PasswordInput
            label="Password"
            description={`At least ${PASSWORD_LENGTH_MIN} characters. Hand it over by a safe way.`}
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps('role')} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={add.isPending}>
              Add user
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
