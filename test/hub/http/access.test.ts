import { ACCESS, accessOf } from '@vigie/hub/http/access';
import { ROLES, type Role } from '@vigie/hub/http/schema';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Hub, openHttp, problemOf } from './open-http.ts';

let hub: Hub;
const cookies = new Map<Role, string>();

beforeAll(async () => {
  hub = openHttp();
  for (const role of ROLES) cookies.set(role, await hub.as(role));
});

/** A request of this route that breaks nothing: bodies are empty, ids name nothing. */
async function statusOf(route: string, role: Role | 'nobody'): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const cookie = role === 'nobody' ? undefined : cookies.get(role);
  const answer = await hub.ask(`/api/v1${path.replace(/\{\w+\}/g, 'none')}`, {
    method,
    ...(cookie ? { cookie } : {}),
    ...(method === 'POST' || method === 'PATCH' ? { body: {} } : {}),
  });
  await answer.body?.cancel();
  return answer.status;
}

describe.each(Object.entries(ACCESS))('%s, for %s', (route, needed) => {
  test.each(['nobody', ...ROLES] as const)('%s', async (role) => {
    const status = await statusOf(route, role);
    if (needed === 'public') expect([401, 403]).not.toContain(status);
    else if (role === 'nobody') expect(status).toBe(401);
    else if (ROLES.indexOf(role) < ROLES.indexOf(needed)) expect(status).toBe(403);
    else expect([401, 403, 500]).not.toContain(status);
  });
});

test('what changes anything is for operators, and people are for administrators', () => {
  for (const [route, role] of Object.entries(ACCESS)) {
    const forAll = ['POST /setup', 'POST /users/me/password', 'GET /session', 'GET /openapi.json', 'GET /docs'];
    if (forAll.includes(route)) continue;
    const people = / \/(users|audit)\b/.test(route);
    expect([route, role]).toEqual([route, people ? 'admin' : route.startsWith('GET ') ? 'viewer' : 'operator']);
  }
});

test('every route is in the table, in the OpenAPI document, and nowhere else', async () => {
  const registered = new Set(
    hub.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path.slice(7).replace(/:(\w+)/g, '{$1}')}`),
  );
  const document = (await (await hub.ask('/api/v1/openapi.json')).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { responses: object; summary: string }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, item]) =>
    path.startsWith('/api/v1/') ? Object.keys(item).map((m) => `${m.toUpperCase()} ${path.slice(7)}`) : [],
  );
  expect(documented.sort()).toEqual([...registered].sort());
  expect(Object.keys(ACCESS).sort()).toEqual([...registered].sort());
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      expect(operation.summary).not.toBe('');
      expect(operation.responses).toHaveProperty('default');
    }
  }
});

test('the reference is a page without scripts that loads nothing from elsewhere', async () => {
  const page = await (await hub.ask('/api/v1/docs')).text();
  for (const route of Object.keys(ACCESS)) expect(page).toContain(`</b>/api/v1${route.split(' ')[1]}`);
  expect(page).not.toMatch(/<script|https?:\/\/|undefined|\[object/);
});

test('a path that is not in the table is nobody’s, however it is spelled', async () => {
  expect(accessOf('GET', '/users')).toBe('admin');
  expect(accessOf('HEAD', '/users')).toBe('admin');
  expect(accessOf('PUT', '/users')).toBeUndefined();
  for (const path of ['/api/v1/users/', '/api/v1//users', '/api/v1/Users', '/api/v1/%75sers', '/api/v1/x/../users']) {
    const answer = await hub.ask(path, { cookie: cookies.get('viewer') as string });
    expect([path, [403, 404].includes(answer.status)]).toEqual([path, true]);
  }
  const answer = await hub.ask('/api/v1/nothing', { cookie: cookies.get('admin') as string });
  expect([answer.status, (await problemOf(answer)).code]).toEqual([404, 'not-found']);
});
