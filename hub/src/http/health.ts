import { Hono } from 'hono';
import type { HttpContext, HttpEnv, ResourceOptions } from './env.ts';
import { problem } from './problems.ts';

/** For supervisors and monitors. Anybody learns whether the hub is there; figures are for this machine and who has signed in. */
export function healthRoutes({
  services,
  isLocal,
}: Pick<ResourceOptions, 'services'> & { isLocal: (c: HttpContext) => boolean }) {
  const trusted = (c: HttpContext) => isLocal(c) || c.get('signedIn') !== null;
  return new Hono<HttpEnv>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', (c) => {
      const { ready, checks } = services.ready();
      return c.json({ status: ready ? 'ready' : 'not ready', ...(trusted(c) ? { checks } : {}) }, ready ? 200 : 503);
    })
    .get('/metrics', (c) => {
      if (!trusted(c)) return problem(c, 401, 'unauthenticated', 'read the metrics: sign in, or ask from this machine');
      return c.text(services.metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
    });
}
