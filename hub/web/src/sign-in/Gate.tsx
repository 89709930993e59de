import { Button, Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Doorway } from './Doorway.tsx';
import { SetUpForm } from './SetUpForm.tsx';
import { SignInForm } from './SignInForm.tsx';
import { UserContext } from './user.ts';

/** Lets signed-in people through; the address stays, so that a link leads where it points after signing in. */
export function Gate({ children }: { children: ReactNode }) {
  const { data, error, isPending, refetch } = useQuery(sessionQuery());
  const title = data?.setupNeeded ? 'Set up' : data && !data.user ? 'Sign in' : undefined;
  useEffect(() => {
    if (title) document.title = `${title} · Vigie`;
  }, [title]);
  if (isPending)
    return (
      <Center h="100dvh">
        <Loader aria-label="Loading" />
      </Center>
    );
  if (!data)
    return (
      <Doorway title="Not available" lead="The dashboard is here, but its hub does not answer.">
        <ErrorNotice title="The hub could not be asked" error={error} />
        <Button mt="md" fullWidth onClick={() => refetch()}>
          Try again
        </Button>
      </Doorway>
    );
  if (data.setupNeeded) return <SetUpForm />;
  if (!data.user) return <SignInForm version={data.version} />;
  return <UserContext value={data.user}>{children}</UserContext>;
}
