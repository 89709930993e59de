import { createRoute, z } from '@hono/zod-openapi';
import { newRoutes, note, person, type ResourceOptions } from './env.ts';
import { idParams, json, limitOf, offset } from './inputs.ts';
import type { GuessLimits } from './limits.ts';
import { auditPage, newUser, passwordChange, user, userChange } from './schema.ts';

const list = createRoute({
  method: 'get',
  path: '/users',
  summary: 'Everybody who can sign in',
  responses: { 200: { description: 'The users', content: json(z.array(user)) } },
});
const add = createRoute({
  method: 'post',
  path: '/users',
  summary: 'Add a user',
  request: { body: { content: json(newUser), required: true } },
  responses: { 201: { description: 'The user', content: json(user) } },
});
const change = createRoute({
  method: 'patch',
  path: '/users/{id}',
  summary: "Change a user's name, role or password; a new role or password ends their sessions",
  request: { params: idParams, body: { content: json(userChange), required: true } },
  responses: { 200: { description: 'The user', content: json(user) } },
});
const remove = createRoute({
  method: 'delete',
  path: '/users/{id}',
  summary: 'Remove a user; the last administrator stays',
  request: { params: idParams },
  responses: { 204: { description: 'Removed' } },
});
const ownPassword = createRoute({
  method: 'post',
  path: '/users/me/password',
  summary: 'Change your own password; your other sessions end',
  request: { body: { content: json(passwordChange), required: true } },
  responses: { 204: { description: 'Changed' } },
});
const audit = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'What people did, newest first',
  request: { query: z.object({ offset, limit: limitOf(500, 100) }) },
  responses: { 200: { description: 'A page of the audit log', content: json(auditPage) } },
});

export const userRoutes = ({ users, limits }: Pick<ResourceOptions, 'users'> & { limits: GuessLimits }) =>
  newRoutes()
    .openapi(list, (c) => c.json(users.list(), 200))
    .openapi(add, async (c) => {
      const added = await users.add(c.req.valid('json'));
      note(c, users, 'user-add', added.id, { email: added.email, role: added.role });
      return c.json(added, 201);
    })
    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      const { password, ...wanted } = c.req.valid('json');
      const changed = await users.change(id, { ...wanted, password });
      note(c, users, 'user-change', id, { role: changed.role, password: password !== undefined });
      return c.json(changed, 200);
    })
    .openapi(remove, (c) => {
      const removed = users.remove(c.req.valid('param').id);
      note(c, users, 'user-remove', removed.id, { email: removed.email });
      return c.body(null, 204);
    })
    .openapi(ownPassword, async (c) => {
      const { currentPassword, newPassword } = c.req.valid('json');
      const who = person(c);
      await limits.signIn(who.user.email, c.get('address'), () =>
        users.changePassword(who, currentPassword, newPassword),
      );
      note(c, users, 'password-change', who.user.id);
      return c.body(null, 204);
    })
    .openapi(audit, (c) => {
      const { offset, limit } = c.req.valid('query');
      const { total, entries } = users.audit.list(offset, limit);
      return c.json({ total, entries: entries.map((e) => ({ ...e, at: new Date(e.at).toISOString() })) }, 200);
    });
