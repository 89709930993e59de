import { VigieError } from '../kit/errors.ts';
import type { SshConnection } from './ssh-connection.ts';

/** Kept connections to one server, made when they are needed, at most `connectionsMax`. */
export type ConnectionPool = AsyncDisposable & {
  /** Gives a connection to one transfer alone; waits while all are in use. */
  exclusive<T>(use: (connection: SshConnection) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Any connection, also one with a transfer under way: for short questions and for channels of one's own. */
  shared(signal?: AbortSignal): Promise<SshConnection>;
};

type Place = { connecting: Promise<SshConnection>; connection: SshConnection | undefined; busy: boolean };

/** `connect` gets a signal that aborts when the pool is disposed. */
export function createConnectionPool(
  connectionsMax: number,
  connect: (signal: AbortSignal) => Promise<SshConnection>,
): ConnectionPool {
  const places = new Set<Place>();
  const waiting: (() => void)[] = [];
  const disposed = new AbortController();

  function check(): void {
    if (disposed.signal.aborted) {
      throw new VigieError('closed', 'use a destination: it was closed before; it should be opened anew');
    }
  }

  function openPlace(busy: boolean): Place {
    const place: Place = { connecting: connect(disposed.signal), connection: undefined, busy };
    places.add(place);
    const gone = () => {
      places.delete(place);
      for (const wake of waiting.splice(0)) wake();
    };
    place.connecting.then((connection) => {
      place.connection = connection;
      if (connection.lost()) gone();
      else connection.onLost(gone);
    }, gone);
    return place;
  }

  async function claim(signal?: AbortSignal): Promise<Place> {
    for (;;) {
      check();
      signal?.throwIfAborted();
      const idle = [...places].filter(({ busy }) => !busy);
      const place = idle.find(({ connection }) => connection) ?? idle[0];
      if (place) {
        place.busy = true;
        return place;
      }
      if (places.size < connectionsMax) return openPlace(true);
      await unlessAborted(new Promise<void>((wake) => waiting.push(wake)), signal);
    }
  }

  return {
    async exclusive(use, signal) {
      const place = await claim(signal);
      try {
        return await use(await unlessAborted(place.connecting, signal));
      } finally {
        place.busy = false;
        for (const wake of waiting.splice(0)) wake();
      }
    },
    async shared(signal) {
      check();
      signal?.throwIfAborted();
      const all = [...places];
      const place = all.find(({ connection, busy }) => connection && !busy) ?? all[0] ?? openPlace(false);
      return await unlessAborted(place.connecting, signal);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new VigieError('closed', 'use a destination: it is being closed', { retryable: true }));
      const reason = new VigieError('connection-lost', 'use a connection: it is being closed', { retryable: true });
      for (const { connecting } of [...places]) {
        await connecting.then(
          (connection) => connection.drop(reason),
          // That it never came about is as good as closed.
          () => undefined,
        );
      }
      for (const wake of waiting.splice(0)) wake();
    },
  };
}

/** The outcome of some work, or the abort of the wait for it; the work itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work;
  // Work that nobody waits for may fail in silence: what it is about ends by the same abort.
  if (signal.aborted) work.catch(() => undefined);
  signal.throwIfAborted();
  let aborted: (() => void) | undefined;
  const end = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    if (aborted) signal.removeEventListener('abort', aborted);
  }
}
