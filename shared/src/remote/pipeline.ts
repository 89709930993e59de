import type { Answered, Window } from './window.ts';

/**
 * The requests of one transfer, of which many are in flight within the connection's window. It remembers their first failure:
 * `begin` and `done` throw it, or the abort.
 */
export type Pipeline = {
  /** Room for so many bytes more, at once or when their turn comes; the outcome is called with the request's answer. */
  begin(bytes: number): Begun | Promise<Begun>;
  /** Waits until everything is answered. */
  done(): Promise<void>;
};
export type Begun = (error?: unknown) => void;

export function createPipeline(window: Window, signal?: AbortSignal): Pipeline {
  let open = 0;
  let failure: { error: unknown } | undefined;
  let finish: (() => void) | undefined;

  const check = () => {
    if (failure) throw failure.error;
    signal?.throwIfAborted();
  };
  function begun(answered: Answered): Begun {
    open += 1;
    return (error) => {
      open -= 1;
      if (error) failure ??= { error };
      answered(!error);
      if (failure || open === 0) finish?.();
    };
  }
  async function inTurn(bytes: number): Promise<Begun> {
    const answered = await window.wait(bytes, signal);
    if (!failure && !signal?.aborted) return begun(answered);
    answered(false);
    check();
    throw signal?.reason;
  }

  return {
    begin(bytes) {
      check();
      const answered = window.take(bytes);
      return answered ? begun(answered) : inTurn(bytes);
    },
    async done() {
      check();
      if (open === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      finish = resolve;
      signal?.addEventListener('abort', resolve as () => void, { once: true });
      await promise;
      signal?.removeEventListener('abort', resolve as () => void);
      check();
    },
  };
}
