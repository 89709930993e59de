import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';

/**
 * A destination that a drill cuts off: while it lasts no call goes there, and a call that is under way ends, with the error of a
 * connection that broke.
 *
 * @param offline aborts when a drill begins and stays so until its end; asked anew at each call
 */
export function cutOff(remote: RemoteFolder, offline: () => AbortSignal): RemoteFolder {
  const until = (signal: AbortSignal | undefined): AbortSignal => {
    const cut = offline();
    cut.throwIfAborted();
    return signal ? AbortSignal.any([signal, cut]) : cut;
  };
  return {
    // Asked by those who hold a connection alone.
    get capabilities() {
      return remote.capabilities;
    },
    store: async (upload, signal) => remote.store(upload, until(signal)),
    list: (options = {}) => remote.list({ ...options, signal: until(options.signal) }),
    folders: (options = {}) => remote.folders({ ...options, signal: until(options.signal) }),
    days: async (signal) => remote.days(until(signal)),
    read: async (path, limitBytes, signal) => remote.read(path, limitBytes, until(signal)),
    look: async (path, signal) => remote.look(path, until(signal)),
    digest: async (path, signal) => remote.digest(path, until(signal)),
    probe: async (signal) => remote.probe(until(signal)),
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  };
}
