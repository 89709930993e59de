import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createHttp } from '@vigie/hub/http/http';
import { listen } from '@vigie/hub/http/listen';
import { createUsers } from '@vigie/hub/users/users';
import { systemClock } from '@vigie/shared/kit/clock';
import { createLog } from '@vigie/shared/kit/log';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { createMemoryHub } from './memory-hub.ts';

/**
 * The hub's HTTP side with a fleet in memory, for work on the dashboard: `node test/hub/http/demo-server.ts`. DEMO_PORT is its port
 * (8090), DEMO_URL the address that browsers use where it is another one (Vite's, say); DEMO_EMPTY=1 waits for its setup.
 */
const port = Number(process.env.DEMO_PORT ?? 8090);
const baseUrl = process.env.DEMO_URL ?? `http://127.0.0.1:${port}`;
const log = createLog('demo-server', 'warn');
const services = createMemoryHub({ now: Date.now, stepMs: 700, past: true });
const users = createUsers({
  database: openDatabase(':memory:'),
  baseUrl,
  secret: randomBytes(32).toString('base64url'),
  clock: systemClock,
  random: randomBytes,
  log,
});

const password = 'correct horse battery';
if (process.env.DEMO_EMPTY !== '1') {
  for (const role of ['admin', 'operator', 'viewer'] as const) {
    const name = { admin: 'Ada Admin', operator: 'Otto Operator', viewer: 'Vera Viewer' }[role];
    await users.add({ name, email: `${role}@example.org`, password, role });
  }
}
const valley = { site: 'alps', device: 'summit-1', source: 'valley' };
const sides = {
  left: { type: 'source' as const, ...valley },
  right: { type: 'destination' as const, destination: 'archive', ...valley },
};
services.reports.create({ ...sides, filter: {} }, 'admin@example.org');

const web = { folder: fileURLToPath(new URL('../../../hub/web/dist', import.meta.url)) };
const app = createHttp({ services, users, web, baseUrl, trustedProxies: [], clock: systemClock, log });
const listening = await listen(app, { host: '127.0.0.1', port });
setInterval(() => services.capture(), 10_000).unref();
const who = users.setupCode() ?? `admin@example.org, operator@example.org, viewer@example.org with "${password}"`;
process.stdout.write(`Dashboard: ${baseUrl}\nSign in:   ${who}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listening.close());
