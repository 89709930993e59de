import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '../api/action.ts';
import { setUp } from '../api/calls.ts';
import type { SetupRequest } from '../api/documents.ts';
import { RequestError } from '../api/request.ts';
import { PASSWORD_LENGTH_MIN, validEmail, validName, validPassword } from './account-rules.ts';
import { Doorway } from './Doorway.tsx';

/** Makes the first administrator, who proves by the one-time code that the hub's machine is theirs. */
export function SetUpForm() {
  const client = useQueryClient();
  const form = useForm<SetupRequest>({
    mode: 'uncontrolled',
    initialValues: { code: '', name: '', email: '', password: '' },
    validate: {
      code: (code) => (code.trim() === '' ? 'The code is printed where the hub was started.' : null),
      name: validName,
      email: validEmail,
      password: validPassword,
    },
  });
  const make = useMutation({
    mutationFn: (request: SetupRequest) =>
      setUp({ ...request, code: request.code.trim(), email: request.email.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
  return (
    <Doorway title="Set up Vigie" lead="Make the first administrator. The hub printed a one-time code when it started.">
      <form onSubmit={form.onSubmit((values) => make.mutate(values))} noValidate>
        <Stack>
          {make.error ? (
            <Alert color="coral" role="alert" title="Not set up">
              {messageOf(make.error)} {make.error instanceof RequestError ? make.error.hint : null}
            </Alert>
          ) : null}
          <TextInput
            label="One-time code"
            autoComplete="one-time-code"
            spellCheck={false}
            size="md"
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', letterSpacing: '0.06em' } }}
            key={form.key('code')}
            {...form.getInputProps('code')}
          />
          <TextInput
            label="Your name"
            autoComplete="name"
            size="md"
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            size="md"
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            description={`At least ${PASSWORD_LENGTH_MIN} characters; a few words in a row are good.`}
            autoComplete="new-password"
            size="md"
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" fullWidth loading={make.isPending} mt={4}>
            Create administrator
          </Button>
        </Stack>
      </form>
    </Doorway>
  );
}
