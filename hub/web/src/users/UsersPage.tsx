import { Button, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLock, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { usersQuery } from '../api/queries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Nothing } from '../parts/Nothing.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { Surface } from '../parts/Surface.tsx';
import { useMay } from '../sign-in/user.ts';
import { AddUserDialog } from './AddUserDialog.tsx';
import { UserRow } from './UserRow.tsx';
import classes from './UsersPage.module.css';

/** Who may sign in, and what they may do. */
export function UsersPage() {
  const may = useMay('admin');
  const [adding, dialog] = useDisclosure(false);
  const { data, error, refetch } = useQuery({ ...usersQuery(), enabled: may });
  if (!may)
    return (
      <>
        <PageHead title="Users" />
        <Nothing icon={<IconLock />} title="For administrators">
          Ask an administrator to change users or roles.
        </Nothing>
      </>
    );
  return (
    <>
      <PageHead
        title="Users"
        lead="Viewers look, operators order captures and re-syncs, administrators manage users."
        actions={
          <Button leftSection={<IconUserPlus size={17} />} onClick={dialog.open}>
            Add user
          </Button>
        }
      />
      {error && !data ? (
        <ErrorNotice title="The users could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {!data && !error ? <Skeleton height={200} radius="lg" /> : null}
      {data ? (
        <Surface flush>
          <ul className={classes.list} aria-label="Users">
            {data.map((user) => (
              <UserRow key={user.id} user={user} />
            ))}
          </ul>
        </Surface>
      ) : null}
      {adding ? <AddUserDialog onClose={dialog.close} /> : null}
    </>
  );
}
