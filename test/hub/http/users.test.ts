import { beforeAll, expect, test } from 'vitest';
import { type Hub, openHttp, PASSWORD, problemOf } from './open-http.ts';

let hub: Hub;
let admin: string;
const idOf = (email: string) => hub.users.findByEmail(email)?.id as string;
const eve = { name: 'Eve', email: 'eve@example.org', password: PASSWORD, role: 'viewer' };

beforeAll(async () => {
  hub = openHttp();
  admin = await hub.as('admin');
});

test('an administrator adds, changes and removes people', async () => {
  const added = await hub.ask('/api/v1/users', { method: 'POST', cookie: admin, body: eve });
  expect(added.status).toBe(201);
  expect(await added.json()).toMatchObject({ email: 'eve@example.org', role: 'viewer' });
  expect((await hub.ask('/api/v1/users', { method: 'POST', cookie: admin, body: eve })).status).toBe(409);

  const cookie = await hub.signIn(eve.email);
  const path = `/api/v1/users/${idOf(eve.email)}`;
  const changed = await hub.ask(path, { method: 'PATCH', cookie: admin, body: { role: 'operator' } });
  expect(await changed.json()).toMatchObject({ role: 'operator', name: 'Eve' });
  // What a session may do was decided with another role.
  expect((await hub.ask('/api/v1/devices', { cookie })).status).toBe(401);

  expect((await hub.ask(path, { method: 'DELETE', cookie: admin })).status).toBe(204);
  expect((await hub.ask(path, { method: 'DELETE', cookie: admin })).status).toBe(404);
  expect(await (await hub.ask('/api/v1/users', { cookie: admin })).json()).toHaveLength(1);
});

test('the last administrator can be neither removed nor demoted', async () => {
  const path = `/api/v1/users/${idOf('admin@example.org')}`;
  const demoted = await hub.ask(path, { method: 'PATCH', cookie: admin, body: { role: 'viewer' } });
  const removed = await hub.ask(path, { method: 'DELETE', cookie: admin });
  expect([demoted.status, removed.status]).toEqual([409, 409]);
  expect((await problemOf(removed)).hint).toBe('Make somebody else an admin first.');

  await hub.users.add({ name: 'Second', email: 'second@example.org', password: PASSWORD, role: 'admin' });
  expect((await hub.ask(path, { method: 'PATCH', cookie: admin, body: { role: 'admin' } })).status).toBe(200);
  const second = `/api/v1/users/${idOf('second@example.org')}`;
  expect((await hub.ask(second, { method: 'DELETE', cookie: admin })).status).toBe(204);
});

test('everybody changes their own password; their other sessions end', async () => {
  await hub.users.add({ name: 'Vera', email: 'vera@example.org', password: PASSWORD, role: 'viewer' });
  const [here, elsewhere] = [await hub.signIn('vera@example.org'), await hub.signIn('vera@example.org')];
  const change = (currentPassword: string, newPassword: string) =>
    hub.ask('/api/v1/users/me/password', { method: 'POST', cookie: here, body: { currentPassword, newPassword } });
  expect((await change('not it at all', 'another good one')).status).toBe(401);
  expect((await change(PASSWORD, 'short')).status).toBe(422);
  expect((await change(PASSWORD, 'another good one')).status).toBe(204);
  expect((await hub.ask('/api/v1/devices', { cookie: here })).status).toBe(200);
  expect((await hub.ask('/api/v1/devices', { cookie: elsewhere })).status).toBe(401);
  await hub.signIn('vera@example.org', 'another good one');
});

test('the audit log tells who did what from where, and notices a change', async () => {
  const page = (await (await hub.ask('/api/v1/audit?limit=500', { cookie: admin })).json()) as {
    total: number;
    entries: { action: string; actor: string; address: string }[];
  };
  expect(page.entries).toHaveLength(page.total);
  expect(page.entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['user-add', 'user-remove', 'sign-in']),
  );
  expect(JSON.stringify(page)).not.toContain(PASSWORD);
  expect(hub.users.audit.verify()).toBeUndefined();

  expect(() => hub.sql("UPDATE audit SET actor = 'nobody' WHERE id = 2")).toThrow('append-only');
  expect(() => hub.sql('DELETE FROM audit WHERE id = 2')).toThrow('append-only');
  hub.sql("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE id = 2");
  expect(hub.users.audit.verify()).toBe(2);
});
