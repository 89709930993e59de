import { createRoute } from '@hono/zod-openapi';
import { newRoutes, type ResourceOptions } from './env.ts';
import { json } from './inputs.ts';
import type { GuessLimits } from './limits.ts';
import { setupRequest, user } from './schema.ts';
import { giveCookies } from './session.ts';

const setUp = createRoute({
  method: 'post',
  path: '/setup',
  summary: "Make the first administrator, by the one-time code of the hub's output, and sign them in",
  request: { body: { content: json(setupRequest), required: true } },
  responses: { 201: { description: 'The first administrator', content: json(user) } },
});

export const setupRoutes = ({ users, limits }: Pick<ResourceOptions, 'users'> & { limits: GuessLimits }) =>
  newRoutes().openapi(setUp, async (c) => {
    const { code, ...account } = c.req.valid('json');
    const address = c.get('address');
    const first = await limits.setUp(address, () => users.setUp(code, account));
    users.audit.record({ actor: first.email, address, action: 'setup', target: first.id });
    const { cookies } = await users.signIn(account.email, account.password, c.req.raw.headers);
    giveCookies(c, cookies);
    return c.json(first, 201);
  });
