import { clientAddress, limitKey } from '@vigie/hub/http/client-address';
import { beforeAll, expect, test } from 'vitest';
import { createMemoryHub } from './memory-hub.ts';
import { BASE_URL, type Hub, openHttp, PASSWORD, problemOf } from './open-http.ts';

let hub: Hub;
let operator: string;
const sides = {
  left: { type: 'source', site: 'alps', device: 'summit-1', source: 'valley' },
  right: { type: 'destination', destination: 'archive', site: 'alps', device: 'summit-1', source: 'valley' },
};

beforeAll(async () => {
  hub = openHttp();
  operator = await hub.as('operator');
});

test.each([
  ['another site', { origin: 'https://evil.example' }, 403],
  ['another port of this machine', { origin: 'http://127.0.0.1:9999' }, 403],
  ['a sandboxed frame', { origin: 'null' }, 403],
  ['our origin, but told to be cross-site', { origin: BASE_URL, 'sec-fetch-site': 'cross-site' }, 403],
  ['a sibling of our host', { origin: BASE_URL, 'sec-fetch-site': 'same-site' }, 403],
  ['our page', { origin: BASE_URL, 'sec-fetch-site': 'same-origin' }, 201],
  ['our page under the other name of this machine', { origin: 'http://localhost:8080' }, 201],
])('a change ordered by %s', async (_what, headers, status) => {
  const answer = await hub.app.request('/api/v1/reports', {
    method: 'POST',
    headers: { cookie: operator, 'content-type': 'application/json', ...headers } as Record<string, string>,
    body: JSON.stringify(sides),
  });
  expect(answer.status).toBe(status);
});

test('a cookie without any origin changes nothing, on every unsafe route', async () => {
  for (const [method, path] of [
    ['POST', '/api/v1/reports'],
    ['DELETE', '/api/v1/reports/report-1'],
    ['PATCH', '/api/v1/users/x'],
    ['POST', '/api/auth/sign-out'],
  ] as const) {
    const answer = await hub.app.request(path, { method, headers: { cookie: operator } });
    expect([path, answer.status]).toEqual([path, 403]);
  }
  expect((await hub.ask('/api/v1/session', { cookie: operator })).status).toBe(200);
  const crossSignIn = await hub.ask('/api/auth/sign-in/email', {
    method: 'POST',
    body: { email: 'operator@example.org', password: PASSWORD },
    headers: { origin: 'https://evil.example' },
  });
  expect(crossSignIn.status).toBe(403);
  expect(crossSignIn.headers.get('access-control-allow-origin')).toBeNull();
});

test('only JSON of at most 1 MB is read, and what is wrong in it is named', async () => {
  const post = (body: string, type: string) =>
    hub.ask('/api/v1/reports', { method: 'POST', cookie: operator, body, headers: { 'content-type': type } });
  expect((await post('left=1', 'application/x-www-form-urlencoded')).status).toBe(415);
  expect((await post(JSON.stringify(sides), 'text/plain')).status).toBe(415);
  expect((await post('{"left":', 'application/json')).status).toBe(400);
  expect((await post(JSON.stringify({ ...sides, x: 'x'.repeat(1024 * 1024) }), 'application/json')).status).toBe(413);
  const wrong = await post(JSON.stringify({ ...sides, filter: { fromDay: 'yesterday' } }), 'application/json');
  expect(wrong.status).toBe(422);
  expect(await problemOf(wrong)).toMatchObject({ code: 'input', fields: [{ path: 'filter.fromDay' }] });
  const query = await hub.ask('/api/v1/reports?limit=100000', { cookie: operator });
  expect([query.status, (await problemOf(query)).fields]).toMatchObject([422, [{ path: 'limit' }]]);
});

test('guesses at one account from one address are limited; spoofed addresses do not help, and lock nobody out', async () => {
  const proxied = openHttp({ trustedProxies: ['10.0.0.0/8'] });
  await proxied.users.add({ name: 'Vera', email: 'vera@example.org', password: PASSWORD, role: 'viewer' });
  const guess = (password: string, from: string, forwarded?: string) =>
    proxied.ask('/api/auth/sign-in/email', {
      method: 'POST',
      body: { email: 'vera@example.org', password },
      from,
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    });
  // Without a trusted proxy the header is noise; behind one, only its last foreign address counts.
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await guess('wrong', '192.0.2.7', `203.0.113.${i}`)).status);
  statuses.push((await guess('wrong', '10.0.0.1', '198.51.100.1, 192.0.2.7')).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401]);
  const limited = await guess(PASSWORD, '192.0.2.7', '203.0.113.99');
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await guess(PASSWORD, '10.0.0.1', '198.51.100.2, 192.0.2.7')).status).toBe(429);
  // Vera herself sits elsewhere.
  expect((await guess(PASSWORD, '192.0.2.8')).status).toBe(200);
  expect((await guess(PASSWORD, '10.0.0.1', '192.0.2.9')).status).toBe(200);
});

test('guesses at the setup code are limited', async () => {
  const fresh = openHttp();
  const body = { code: 'AAAA', name: 'Eve', email: 'eve@example.org', password: PASSWORD };
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) statuses.push((await fresh.ask('/api/v1/setup', { method: 'POST', body })).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(403));
  expect(statuses[10]).toBe(429);
});

test('an internal error keeps its details to itself', async () => {
  const services = createMemoryHub({ now: Date.now, days: 1 });
  services.jobs.list = () => {
    throw new Error('SELECT secret FROM /var/lib/vigie');
  };
  const broken = openHttp({ services });
  const answer = await broken.ask('/api/v1/jobs', { cookie: await broken.as('viewer') });
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(JSON.parse(text).error.code).toBe('internal');
  expect(text).not.toMatch(/secret|var/);
});

test('answers carry a policy, and those of the API are not stored', async () => {
  const answer = await hub.ask('/api/v1/devices', { cookie: operator });
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const refused = await hub.ask('/api/v1/devices');
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([401, 'no-store']);
});

test('health is for all, figures for this machine and for who has signed in', async () => {
  expect((await hub.ask('/healthz')).status).toBe(200);
  expect(await (await hub.ask('/readyz')).json()).toEqual({ status: 'ready' });
  expect(await (await hub.ask('/readyz', { from: '127.0.0.1' })).json()).toHaveProperty('checks.database', true);
  expect((await hub.ask('/metrics')).status).toBe(401);
  expect((await hub.ask('/metrics', { from: '::ffff:127.0.0.1' })).status).toBe(200);
  const proxied = await hub.ask('/metrics', { from: '127.0.0.1', headers: { 'x-forwarded-for': '127.0.0.1' } });
  expect(proxied.status).toBe(401);
  expect(await (await hub.ask('/metrics', { cookie: operator })).text()).toContain('vigie_devices 5');
});

test('the client is the last address that no trusted proxy has', () => {
  const of = clientAddress(['10.0.0.0/8', 'fd00::/8']);
  expect(of('192.0.2.1', '203.0.113.5')).toBe('192.0.2.1');
  expect(of('10.1.2.3', '203.0.113.5')).toBe('203.0.113.5');
  expect(of('::ffff:10.1.2.3', '1.1.1.1, 203.0.113.5, 10.9.9.9')).toBe('203.0.113.5');
  expect(of('fd00::1', '2001:DB8::7')).toBe('2001:db8::7');
  expect(of('10.1.2.3', 'not an address')).toBe('10.1.2.3');
  expect(of('10.1.2.3', undefined)).toBe('10.1.2.3');
  expect(of(undefined, '203.0.113.5')).toBe('unknown');
  expect(() => clientAddress(['proxy.example.org'])).toThrow('an IP address or range is allowed');
  expect(limitKey('2001:db8:0:0:1::5')).toBe(limitKey('2001:db8::ffff:0:0:1'));
  expect(limitKey('2001:db8:0:1::5')).not.toBe(limitKey('2001:db8:0:2::5'));
  expect(limitKey('192.0.2.1')).toBe('192.0.2.1');
});
