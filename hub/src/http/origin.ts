import { VigieError } from '@vigie/shared/kit/errors';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from './env.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Only the hub's own pages may change anything. An unsafe request must come from the hub's own origin, told by `Origin` and
 * `Sec-Fetch-Site`; a browser cannot forge either. A program that sends a session's cookie sends `Origin` too.
 * And a body must be JSON: a form, which any site may send, is refused.
 */
export function ownOrigin(baseUrl: string): MiddlewareHandler<HttpEnv> {
  const allowed = originsOf(baseUrl);
  return async (c, next) => {
    if (SAFE.has(c.req.method)) return next();
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const ofBrowser = origin !== undefined || site !== undefined || c.req.header('cookie') !== undefined;
    const own = origin === undefined ? site === 'same-origin' : allowed.has(origin);
    if (ofBrowser && !(own && (site === undefined || site === 'same-origin'))) {
      throw new VigieError(
        'forbidden',
        `take a ${c.req.method} from origin ${JSON.stringify(origin ?? null)}: not ours`,
        {
          hint: `Use the dashboard at ${baseUrl}, or set http.publicUrl to the address that browsers use. A program sends that address as Origin.`,
        },
      );
    }
    const type = c.req.header('content-type');
    if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
      throw new VigieError('media-type', `read a body of type ${JSON.stringify(type)}: application/json is allowed`);
    }
    return next();
  };
}

/** The hub's origin; where that is this machine, under each of its names. */
function originsOf(baseUrl: string): Set<string> {
  const url = new URL(baseUrl);
  if (!LOOPBACK.includes(url.hostname)) return new Set([url.origin]);
  const port = url.port === '' ? '' : `:${url.port}`;
  return new Set(LOOPBACK.map((host) => `${url.protocol}//${host}${port}`));
}
