import { ActionIcon, Avatar, Badge, Select, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import { useAction } from '../api/action.ts';
import { changeRole, removeUser } from '../api/calls.ts';
import type { Role, User } from '../api/documents.ts';
import { Ago } from '../parts/Ago.tsx';
import { Confirm } from '../parts/Confirm.tsx';
import { useUser } from '../sign-in/user.ts';
import { ROLES } from './roles.ts';
import classes from './UsersPage.module.css';

/** One user; nobody takes their own rights away here. */
export function UserRow({ user }: { user: User }) {
  const own = useUser().id === user.id;
  const [asking, dialog] = useDisclosure(false);
  const change = useAction<Role, User>({
    run: (role) => changeRole(user.id, role),
    done: () => `The role of ${user.name} is changed.`,
    failed: 'The role was not changed',
    touches: [['users']],
  });
  const remove = useAction<void, void>({
    run: () => removeUser(user.id),
    done: () => `${user.name} is removed.`,
    failed: 'The user was not removed',
    touches: [['users']],
    after: dialog.close,
  });
  return (
    <li className={classes.row} data-testid="user-row">
      <Avatar name={user.name} color="lagoon" radius="xl" size={40} alt="" />
      <div className={classes.words}>
        <div className={classes.name}>
          {user.name} {own ? <Badge size="sm">you</Badge> : null}
        </div>
        <div className={classes.email}>{user.email}</div>
      </div>
      <div className={classes.since}>
        added <Ago at={user.createdAt} />
      </div>
      <Select
        className={classes.role}
        aria-label={`Role of ${user.name}`}
        data={ROLES}
        value={change.isPending ? change.variables : user.role}
        disabled={own || change.isPending}
        allowDeselect={false}
        onChange={(role) => (role && role !== user.role ? change.mutate(role as Role) : undefined)}
      />
      <Tooltip label={own ? 'You can’t remove yourself' : 'Remove'}>
        <ActionIcon variant="default" size={36} disabled={own} aria-label={`Remove ${user.name}`} onClick={dialog.open}>
          <IconTrash size={17} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        opened={asking}
        title={`Remove ${user.name}?`}
        action="Remove user"
        busy={remove.isPending}
        onClose={dialog.close}
        onConfirm={() => remove.mutate()}
      >
        {user.email} can no longer sign in, from now on. What they did stays in the activity.
      </Confirm>
    </li>
  );
}
