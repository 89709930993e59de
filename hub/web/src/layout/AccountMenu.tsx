import { Avatar, Menu, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconLogout, IconSelector } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { complain } from '../api/action.ts';
import { signOut } from '../api/calls.ts';
import { useUser } from '../sign-in/user.ts';
import classes from './AccountMenu.module.css';
import { PasswordDialog } from './PasswordDialog.tsx';
import { SchemeSwitch } from './SchemeSwitch.tsx';

/** Who is signed in, how it looks, and the way out. `compact` shows the initials alone. */
export function AccountMenu({ compact }: { compact?: boolean }) {
  const user = useUser();
  const client = useQueryClient();
  const [changing, dialog] = useDisclosure(false);
  const leave = async () => {
    try {
      await signOut();
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      await client.invalidateQueries({ queryKey: ['session'] });
    } catch (error) {
      complain('Not signed out', error);
    }
  };
  return (
    <>
      <Menu width={240} position={compact ? 'bottom-end' : 'top-start'}>
        <Menu.Target>
          <UnstyledButton
            className={classes.button}
            data-compact={compact || undefined}
            aria-label={`Account: ${user.name}`}
          >
            <Avatar size={compact ? 32 : 34} radius="xl" color="lagoon" variant="filled" name={user.name} alt="" />
            {compact ? null : (
              <>
                <span className={classes.words}>
                  <span className={classes.name}>{user.name}</span>
                  <span className={classes.role}>{user.role}</span>
                </span>
                <IconSelector size={16} aria-hidden="true" />
              </>
            )}
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.who}>
            <Text size="sm" fw={600} truncate>
              {user.name}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {user.email}
            </Text>
          </div>
          <Menu.Divider />
          <Menu.Label>Appearance</Menu.Label>
          <SchemeSwitch />
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={16} />} onClick={dialog.open}>
            Change password
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing ? <PasswordDialog onClose={dialog.close} /> : null}
    </>
  );
}
