import { expect, test } from 'vitest';
import { cookieOf, openHttp, PASSWORD, problemOf } from './open-http.ts';

const ada = { name: 'Ada', email: 'Ada@Example.org', password: PASSWORD };
const HOUR_MS = 3_600_000;

test('the one-time code makes one administrator, once', async () => {
  const hub = openHttp();
  expect(await (await hub.ask('/api/v1/session')).json()).toMatchObject({ setupNeeded: true, user: null });
  const code = hub.users.setupCode() as string;
  expect(code).toMatch(/^[A-Z0-9]{4}(-[A-Z0-9]{4}){3}$/);

  const wrong = await hub.ask('/api/v1/setup', { method: 'POST', body: { ...ada, code: 'AAAA-BBBB-CCCC-DDDD' } });
  expect([wrong.status, (await problemOf(wrong)).code]).toEqual([403, 'forbidden']);
  expect(hub.users.list()).toEqual([]);

  // Two at once: one of them is first.
  const body = { ...ada, code: code.toLowerCase().replaceAll('-', ' ') };
  const answers = await Promise.all([
    hub.ask('/api/v1/setup', { method: 'POST', body }),
    hub.ask('/api/v1/setup', { method: 'POST', body: { ...body, email: 'eve@example.org' } }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect(hub.users.list()).toHaveLength(1);
  expect(hub.users.setupCode()).toBeNull();
  const first = answers.find(({ status }) => status === 201) as Response;
  const session = await (await hub.ask('/api/v1/session', { cookie: cookieOf(first) })).json();
  expect(session).toMatchObject({ setupNeeded: false, user: { role: 'admin' } });
  expect((await hub.ask('/api/v1/setup', { method: 'POST', body })).status).toBe(409);
});

test('signing in sets a cookie that scripts cannot read, signing out ends the session for good', async () => {
  const hub = openHttp();
  await hub.users.add({ ...ada, role: 'viewer' });
  const answer = await hub.ask('/api/auth/sign-in/email', { method: 'POST', body: ada });
  expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
  const text = await answer.text();
  const cookie = cookieOf(answer);
  const token = decodeURIComponent(cookie.split('=')[1] as string).split('.')[0] as string;
  expect(token.length).toBeGreaterThanOrEqual(32);
  expect(text).not.toContain(token);
  expect((await hub.ask('/api/v1/devices', { cookie })).status).toBe(200);
  expect((await hub.ask('/api/v1/devices', { cookie: `${cookie.slice(0, -3)}AAA` })).status).toBe(401);

  const out = await hub.ask('/api/auth/sign-out', { method: 'POST', cookie, body: {} });
  expect(out.status).toBe(204);
  expect(out.headers.get('set-cookie')).toMatch(/Max-Age=0/);
  expect((await hub.ask('/api/v1/devices', { cookie })).status).toBe(401);
});

test('a wrong password and an unknown address are answered alike, and are noted', async () => {
  const hub = openHttp();
  await hub.users.add({ ...ada, role: 'viewer' });
  const wrong = await hub.ask('/api/auth/sign-in/email', { method: 'POST', body: { ...ada, password: 'x' } });
  const unknown = await hub.ask('/api/auth/sign-in/email', {
    method: 'POST',
    body: { email: 'eve@example.org', password: 'x' },
  });
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(await problemOf(wrong)).toEqual(await problemOf(unknown));
  const { entries } = hub.users.audit.list(0, 10);
  expect(entries.map(({ action, actor, address }) => [action, actor, address])).toEqual([
    ['sign-in-failed', 'eve@example.org', '192.0.2.1'],
    ['sign-in-failed', 'Ada@Example.org', '192.0.2.1'],
  ]);
});

test('signing in always makes a new session, and ends the one that the browser came with', async () => {
  const hub = openHttp();
  const before = await hub.as('viewer');
  const again = await hub.ask('/api/auth/sign-in/email', {
    method: 'POST',
    cookie: before,
    body: { email: 'viewer@example.org', password: PASSWORD },
  });
  expect(cookieOf(again)).not.toBe(before);
  expect((await hub.ask('/api/v1/devices', { cookie: before })).status).toBe(401);
  expect((await hub.ask('/api/v1/devices', { cookie: cookieOf(again) })).status).toBe(200);
});

test('the database holds no token that could be used', async () => {
  const hub = openHttp();
  const cookie = await hub.as('viewer');
  const token = decodeURIComponent(cookie.split('=')[1] as string).split('.')[0] as string;
  const rows = hub.rows('SELECT token FROM sessions');
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(token);
});

test('a session ends after half an hour without use, and after twelve hours in any case', async () => {
  const idle = openHttp();
  const unused = await idle.as('viewer');
  idle.clock.ahead(31 * 60_000);
  expect((await idle.ask('/api/v1/devices', { cookie: unused })).status).toBe(401);

  const hub = openHttp();
  const cookie = await hub.as('viewer');
  const status = async () => (await hub.ask('/api/v1/devices', { cookie })).status;
  for (let halfHour = 1; halfHour <= 24; halfHour++) {
    hub.clock.ahead(HOUR_MS / 2 - 10_000);
    expect([halfHour, await status()]).toEqual([halfHour, 200]);
  }
  hub.clock.ahead(10 * 60_000);
  expect(await status()).toBe(401);
});

test('over https the cookie is for https alone', async () => {
  const baseUrl = 'https://hub.example.org';
  const hub = openHttp({ baseUrl });
  await hub.users.add({ ...ada, role: 'viewer' });
  const answer = await hub.ask('/api/auth/sign-in/email', { method: 'POST', body: ada, headers: { origin: baseUrl } });
  expect(answer.headers.get('set-cookie')).toMatch(/^__Secure-.*Secure/);
  expect(answer.headers.get('strict-transport-security')).toContain('max-age=31536000');
});

test("better-auth's other routes are not there: nobody signs up", async () => {
  const hub = openHttp();
  for (const path of [
    'sign-up/email',
    'update-user',
    'change-email',
    'forget-password',
    'get-session',
    'delete-user',
  ]) {
    const answer = await hub.ask(`/api/auth/${path}`, { method: 'POST', body: { ...ada, role: 'admin' } });
    expect([path, answer.status]).toEqual([path, 404]);
  }
  expect(hub.users.list()).toEqual([]);
});
