import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';

/**
 * A destination that a drill cuts off: while it lasts no call goes there, a call that is under way ends, with the error of a
 * connection that broke, and no connection stays open. The first call after it opens the destination anew.
 *
 * @param open opens the destination; nothing is connected by that alone
 * @param offline aborts when a drill begins and stays so until its end; asked anew at each call
 */
export function cutOff(open: () => RemoteFolder, offline: () => AbortSignal): RemoteFolder {
  let opened: RemoteFolder | undefined;
  let closed = false;
  function remote(): RemoteFolder {
    if (opened) return opened;
    const one = open();
    opened = one;
    const close = () => {
      opened = undefined;
      void one[Symbol.asyncDispose]();
    };
    if (!closed) offline().addEventListener('abort', close, { once: true });
    return one;
  }
  /** Before anything is opened: within a drill that would be for nothing. */
  function call<T>(signal: AbortSignal | undefined, use: (remote: RemoteFolder, signal: AbortSignal) => T): T {
    const cut = offline();
    cut.throwIfAborted();
    return use(remote(), signal ? AbortSignal.any([signal, cut]) : cut);
  }
  return {
    // Asked by those who hold a connection alone.
    get capabilities() {
      return remote().capabilities;
    },
    store: async (upload, signal) => call(signal, (to, s) => to.store(upload, s)),
    list: (options = {}) => call(options.signal, (at, signal) => at.list({ ...options, signal })),
    folders: (options = {}) => call(options.signal, (at, signal) => at.folders({ ...options, signal })),
    days: async (signal) => call(signal, (at, s) => at.days(s)),
    read: async (path, limitBytes, signal) => call(signal, (from, s) => from.read(path, limitBytes, s)),
    look: async (path, signal) => call(signal, (at, s) => at.look(path, s)),
    digest: async (path, signal, pace) => call(signal, (at, s) => at.digest(path, s, pace)),
    probe: async (signal) => call(signal, (at, s) => at.probe(s)),
    async [Symbol.asyncDispose]() {
      closed = true;
      await remote()[Symbol.asyncDispose]();
    },
  };
}
