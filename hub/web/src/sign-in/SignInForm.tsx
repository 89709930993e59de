import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../api/action.ts';
import { signIn } from '../api/calls.ts';
import { RequestError } from '../api/request.ts';
import { Doorway } from './Doorway.tsx';

/** Sign-in by e-mail and password. */
export function SignInForm({ version }: { version: string }) {
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <Doorway title="Sign in" lead="Welcome back to the lookout." foot={`Vigie ${version}`}>
      <form onSubmit={submit}>
        <Stack>
          {enter.error ? (
            <Alert color="coral" role="alert" title="Not signed in">
              {explain(enter.error)}
            </Alert>
          ) : null}
          <TextInput
            label="E-mail"
            type="email"
            name="email"
            autoComplete="username"
            size="md"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            size="md"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" size="md" fullWidth loading={enter.isPending} mt={4}>
            Sign in
          </Button>
        </Stack>
      </form>
    </Doorway>
  );
}

function explain(error: Error): string {
  if (error instanceof RequestError && (error.status === 401 || error.status === 403))
    return 'E-mail and password do not belong together. Look at both and try again.';
  if (error instanceof RequestError && error.status === 429) return 'Too many attempts. Wait a little and try again.';
  return messageOf(error);
}
