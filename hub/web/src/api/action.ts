import { notifications } from '@mantine/notifications';
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { RequestError } from './request.ts';

type Action<V, R> = {
  run: (variables: V) => Promise<R>;
  /** What the toast says when it is done; nothing for a change that the page itself shows. */
  done?: (result: R, variables: V) => string | undefined;
  /** What could not be done, as the toast's title: "The report was not created". */
  failed: string;
  touches: QueryKey[];
  after?: (result: R, variables: V) => void;
};

/** An order to the hub with its feedback: a toast when done or refused, and the touched queries read again. */
export function useAction<V, R>({ run, done, failed, touches, after }: Action<V, R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (result, variables) => {
      const message = done?.(result, variables);
      if (message) notifications.show({ message, color: 'lagoon' });
      after?.(result, variables);
      await Promise.all(touches.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => complain(failed, error),
  });
}

/** A toast that says what failed, why, and what helps. */
export function complain(title: string, error: unknown): void {
  const hint = error instanceof RequestError && error.hint ? ` ${error.hint}` : '';
  notifications.show({ title, message: `${messageOf(error)}${hint}`, color: 'coral', autoClose: 10_000 });
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
