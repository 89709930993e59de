import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network between a client and a server on loopback, with faults to order. */
export type TcpProxy = AsyncDisposable & {
  port: number;
  /** Connections that stand now. */
  readonly connections: number;
  /** Connections that were ever taken. */
  readonly accepted: number;
  /** Bytes that went from clients to the server. */
  readonly upBytes: number;
  /** Resets every connection. */
  cut(): void;
  /** While on, nothing goes through in either direction and nothing is closed: a half-open network. */
  blackhole(on: boolean): void;
  /** The server loses every connection; where nothing goes through, no client hears of it: half-open connections. */
  loseServer(): void;
  /** While on, a new connection is reset at once. */
  refuse(on: boolean): void;
  /** Cuts a connection once so many more bytes have gone to the server; undefined takes the limit away. */
  limitBytes(bytes: number | undefined): void;
  /** Each piece of data waits so long, in both directions. */
  delay(ms: number): void;
  /** A link that carries so many bytes a second to the server, for all connections together; undefined: as fast as it goes. */
  bandwidth(carrier: number | SlowLink | undefined): void;
  /** Changes data on its way to the client or the server, for as long as it is set. */
  tamper(change: ((bytes: Buffer, direction: 'up' | 'down') => Buffer) | undefined): void;
};

/** A link that several proxies may share: whoever comes first goes first. */
export type SlowLink = { carry(bytes: number): Promise<void> };

export function createSlowLink(bytesPerSecond: number): SlowLink {
  let freeAt = 0;
  return {
    async carry(bytes) {
      freeAt = Math.max(freeAt, performance.now()) + (bytes / bytesPerSecond) * 1000;
      await sleep(freeAt - performance.now());
    },
  };
}

export async function startTcpProxy({ target }: { target: { host: string; port: number } }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const upstreams = new Set<Socket>();
  let accepted = 0;
  let upBytes = 0;
  let left: number | undefined;
  let delayMs = 0;
  let link: SlowLink | undefined;
  let refusing = false;
  let change: ((bytes: Buffer, direction: 'up' | 'down') => Buffer) | undefined;
  let hole: { opened: Promise<void>; open: () => void } | undefined;

  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  function forward(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    let last = Promise.resolve();
    const inOrder = (step: () => void | Promise<void>) => {
      last = last.then(async () => {
        if (delayMs > 0) await sleep(delayMs);
        await hole?.opened;
        await step();
      });
    };
    from.on('data', (bytes: Buffer) => {
      const carried = link !== undefined && direction === 'up';
      if (delayMs === 0 && !hole && !carried) send(bytes);
      else {
        from.pause();
        inOrder(async () => {
          if (carried) await link?.carry(bytes.length);
          send(bytes);
          from.resume();
        });
      }
    });
    from.on('end', () => inOrder(() => void to.end()));

    function send(bytes: Buffer): void {
      if (to.destroyed) return;
      let all = change ? change(bytes, direction) : bytes;
      if (direction === 'up') {
        if (left !== undefined) all = all.subarray(0, left);
        upBytes += all.length;
        if (left !== undefined) left -= all.length;
      }
      if (!to.write(all)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (direction === 'up' && left === 0) {
        left = undefined;
        // The client is reset; what was let through still reaches the server.
        to.end();
        from.resetAndDestroy();
      }
    }
  }

  const server = createServer((client) => {
    accepted += 1;
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    upstreams.add(upstream);
    upstream.on('close', () => upstreams.delete(upstream));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        if (!hole) other.end();
      });
      // The end of either side is told to the other by "close".
      socket.on('error', () => socket.destroy());
    }
    forward(client, upstream, 'up');
    forward(upstream, client, 'down');
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));

  return {
    port: (server.address() as { port: number }).port,
    get connections() {
      return Math.ceil(sockets.size / 2);
    },
    get accepted() {
      return accepted;
    },
    get upBytes() {
      return upBytes;
    },
    cut,
    blackhole(on) {
      if (on && !hole) {
        const { promise, resolve } = Promise.withResolvers<void>();
        hole = { opened: promise, open: resolve };
      } else if (!on && hole) {
        hole.open();
        hole = undefined;
      }
    },
    loseServer() {
      for (const socket of upstreams) socket.resetAndDestroy();
    },
    refuse(on) {
      refusing = on;
    },
    limitBytes(bytes) {
      left = bytes;
    },
    delay(ms) {
      delayMs = ms;
    },
    bandwidth(carrier) {
      link = typeof carrier === 'number' ? createSlowLink(carrier) : carrier;
    },
    tamper(how) {
      change = how;
    },
    async [Symbol.asyncDispose]() {
      hole?.open();
      hole = undefined;
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}
