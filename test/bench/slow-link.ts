import { connect, createServer, type Socket } from 'node:net';

/** A link between clients and a server that carries so many bytes a second each way, and takes its time. */
export type SlowLink = AsyncDisposable & { port: number };

/** What a router keeps in its queue before it slows the senders down. */
const QUEUE_BYTES_MAX = 256 * 1024;

/**
 * Bytes of all connections follow each other onto the link in each direction, and arrive half a round trip later: however much is on its way,
 * nothing waits for what was sent before to arrive.
 */
export async function startSlowLink(options: {
  target: { host: string; port: number };
  bytesPerSecond: number;
  roundTripMs: number;
}): Promise<SlowLink> {
  const { target, bytesPerSecond, roundTripMs } = options;
  const sockets = new Set<Socket>();

  function direction() {
    let freeAt = 0;
    let queued = 0;
    let held: Socket[] = [];
    const arrivals: { at: number; arrive: () => void }[] = [];
    let isTimed = false;

    function wait(ms: number): void {
      isTimed = true;
      setTimeout(arriveAll, ms);
    }
    function arriveAll(): void {
      isTimed = false;
      const now = performance.now();
      while ((arrivals[0]?.at ?? Number.POSITIVE_INFINITY) <= now) arrivals.shift()?.arrive();
      const next = arrivals[0];
      if (next) wait(next.at - now);
    }
    return (from: Socket, bytes: number, arrive: () => void) => {
      const now = performance.now();
      freeAt = Math.max(freeAt, now) + (bytes / bytesPerSecond) * 1000;
      queued += bytes;
      if (queued > QUEUE_BYTES_MAX) {
        from.pause();
        held.push(from);
      }
      setTimeout(() => {
        queued -= bytes;
        if (queued > QUEUE_BYTES_MAX) return;
        for (const socket of held) socket.resume();
        held = [];
      }, freeAt - now);
      arrivals.push({ at: freeAt + roundTripMs / 2, arrive });
      if (!isTimed) wait(freeAt + roundTripMs / 2 - now);
    };
  }
  const up = direction();
  const down = direction();

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    for (const [from, to, carry] of [
      [client, upstream, up],
      [upstream, client, down],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => carry(from, bytes.length, () => void (to.destroyed || to.write(bytes))));
      from.on('end', () => carry(from, 0, () => void to.end()));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        carry(from, 0, () => void to.destroy());
      });
    }
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
