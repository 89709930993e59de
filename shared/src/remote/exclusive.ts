import { unlessAborted } from './connection-pool.ts';

/** Lets one call at a time work under a name; a second one of the same name waits for the first. */
export function oneAtATime(): <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  const working = new Map<string, Promise<void>>();
  return async (name, work, signal) => {
    for (let other = working.get(name); other; other = working.get(name)) await unlessAborted(other, signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    working.set(name, promise);
    try {
      return await work();
    } finally {
      working.delete(name);
      resolve();
    }
  };
}
