import { createRoute } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { type HttpContext, newRoutes, type ResourceOptions } from './env.ts';
import { json } from './inputs.ts';
import type { GuessLimits } from './limits.ts';
import { credentials, session, user } from './schema.ts';

const getSession = createRoute({
  method: 'get',
  path: '/session',
  summary: 'Who is signed in, and whether the hub still waits for its first administrator',
  responses: { 200: { description: 'The session', content: json(session) } },
});

export const sessionRoutes = ({ services, users }: ResourceOptions) =>
  newRoutes().openapi(getSession, (c) =>
    c.json(
      {
        setupNeeded: users.setupCode() !== null,
        user: c.get('signedIn')?.user ?? null,
        version: services.version,
      },
      200,
    ),
  );

const signIn = createRoute({
  method: 'post',
  path: '/sign-in/email',
  summary: 'Sign in: the answer sets the session cookie',
  request: { body: { content: json(credentials), required: true } },
  responses: { 200: { description: 'Signed in', content: json(user) } },
});
const signOut = createRoute({
  method: 'post',
  path: '/sign-out',
  summary: 'Sign out: the session ends',
  responses: { 204: { description: 'Signed out' } },
});

/** `/api/auth`: cookies come and go here, and nowhere else but at setup. */
export const authRoutes = ({ users, limits }: Pick<ResourceOptions, 'users'> & { limits: GuessLimits }) =>
  newRoutes()
    .openapi(signIn, async (c) => {
      const { email, password } = c.req.valid('json');
      const address = c.get('address');
      try {
        const done = await limits.signIn(email, address, () => users.signIn(email, password, c.req.raw.headers));
        giveCookies(c, done.cookies);
        users.audit.record({ actor: done.user.email, address, action: 'sign-in', target: done.user.id });
        return c.json(done.user, 200);
      } catch (error) {
        if (error instanceof VigieError && error.code === 'credentials') {
          users.audit.record({ actor: email, address, action: 'sign-in-failed', target: '' });
        }
        throw error;
      }
    })
    .openapi(signOut, async (c) => {
      const signedIn = c.get('signedIn');
      giveCookies(c, await users.signOut(c.req.raw.headers));
      if (signedIn) {
        const { id, email } = signedIn.user;
        users.audit.record({ actor: email, address: c.get('address'), action: 'sign-out', target: id });
      }
      return c.body(null, 204);
    });

export function giveCookies(c: HttpContext, cookies: string[]): void {
  for (const cookie of cookies) c.header('Set-Cookie', cookie, { append: true });
}
