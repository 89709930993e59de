/**
 * Keeps many requests in flight up to a limit of bytes, and remembers the first failure. `start` before a request,
 * the function it returns at its answer; `room` and `done` wait, and throw the failure or the abort.
 */
export type Pipeline = {
  full(): boolean;
  start(bytes: number): (error?: unknown) => void;
  room(): Promise<void>;
  done(): Promise<void>;
};

/** @param bytesMax asked each time, since it may change */
export function createPipeline(bytesMax: () => number, signal?: AbortSignal): Pipeline {
  let inFlight = 0;
  let failure: { error: unknown } | undefined;
  let waiting: { until: () => boolean; wake: () => void } | undefined;

  const check = () => {
    if (failure) throw failure.error;
    signal?.throwIfAborted();
  };
  async function wait(until: () => boolean): Promise<void> {
    check();
    if (until()) return;
    const wake = () => {
      const resolve = waiting?.wake;
      waiting = undefined;
      resolve?.();
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting = { until, wake: resolve };
    signal?.addEventListener('abort', wake, { once: true });
    await promise;
    signal?.removeEventListener('abort', wake);
    check();
  }

  return {
    full: () => failure !== undefined || inFlight >= bytesMax(),
    start(bytes) {
      inFlight += bytes;
      return (error) => {
        inFlight -= bytes;
        if (error) failure ??= { error };
        if (waiting && (failure || waiting.until())) {
          const { wake } = waiting;
          waiting = undefined;
          wake();
        }
      };
    },
    room: () => wait(() => inFlight < bytesMax()),
    done: () => wait(() => inFlight === 0),
  };
}
