import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { isSystemError } from '@vigie/shared/kit/errors';
import { Hono, type MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import type { HttpContext, HttpEnv } from './env.ts';
import { problem } from './problems.ts';

const YEAR_S = 31_536_000;

/**
 * The built dashboard. What is below `assets/` has its content's hash in its name and never changes; everything else is asked for
 * again. An address without a file is a page that the dashboard itself draws.
 */
export function dashboardRoutes(folder: string) {
  // It complains about a folder that is not there, so it is made when there is one: the hub may start before the build.
  let files: MiddlewareHandler<HttpEnv> | undefined;
  return new Hono<HttpEnv>()
    .get('/', (c) => index(c, folder))
    .get('/index.html', (c) => index(c, folder))
    .use('*', async (c, next) => {
      if (c.req.path.startsWith('/api/')) return next();
      if (!files && existsSync(folder)) files = serveStatic<HttpEnv>({ root: folder });
      const file = await (files ? files(c, next) : next());
      if (!(file instanceof Response)) return;
      const hashed = c.req.path.startsWith('/assets/');
      file.headers.set('Cache-Control', hashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      return file;
    })
    .get('*', (c) => {
      const isPage = !/^\/(api|assets)(\/|$)/.test(c.req.path) && !/\.\w+$/.test(c.req.path);
      return isPage
        ? index(c, folder)
        : problem(c, 404, 'not-found', `${c.req.method} ${c.req.path}: there is nothing`);
    });
}

async function index(c: HttpContext, folder: string): Promise<Response> {
  c.header('Cache-Control', 'no-cache');
  try {
    return c.html(await readFile(join(folder, 'index.html'), 'utf8'));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return c.html(notBuilt, 503);
  }
}

const notBuilt = html`<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>Vigie</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark; }
  </style>
  <h1>The hub runs; its dashboard is not built yet</h1>
  <p>Build it with <code>pnpm web</code> in the project's folder, then load this page again.</p>
  <p>The API is there: <a href="/api/v1/docs">its reference</a>.</p>
</html>`;
