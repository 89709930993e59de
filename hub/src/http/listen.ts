import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { VigieError } from '@vigie/shared/kit/errors';

/** How long requests that are being answered may go on when the server closes. */
const GRACE_MS = 2_000;

export type Listening = {
  port: number;
  /** `http://HOST:PORT`, with the port that was taken. */
  url: string;
  /** Ends live streams and idle connections at once, and everything else after two seconds. */
  close(): Promise<void>;
};
type Serves = { fetch: (request: Request, env: never) => Response | Promise<Response> };

/** Serves the app. Throws `listen` when the address cannot be had. */
export async function listen(app: Serves, { host, port }: { host: string; port: number }): Promise<Listening> {
  const streams = new Set<ServerResponse>();
  const server = createAdaptorServer({
    async fetch(request, env) {
      const response = await app.fetch(request, env as never);
      if (response.headers.get('content-type') === 'text/event-stream') {
        const { outgoing } = env as HttpBindings;
        streams.add(outgoing);
        outgoing.once('close', () => streams.delete(outgoing));
      }
      return response;
    },
    createServer,
    serverOptions: { requestTimeout: 60_000, headersTimeout: 20_000, maxHeaderSize: 16 * 1024 },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new VigieError('listen', `listen on ${host}:${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const taken = (server.address() as AddressInfo).port;

  let closing: Promise<void> | undefined;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const stream of streams) stream.destroy();
    server.closeIdleConnections();
    const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    await closed;
    clearTimeout(grace);
  };
  return {
    port: taken,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () => (closing ??= close()),
  };
}
