import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Context } from 'hono';
import type { SignedIn, Users } from '../users/users.ts';
import { InputError } from './problems.ts';
import type { HubServices } from './services.ts';

/** What each request carries on its way. Without a server (a test's `app.request()`) the bindings are absent. */
export type HttpEnv = {
  Bindings: Partial<HttpBindings> | undefined;
  Variables: {
    /** The client's address, as far as proxies are trusted; `unknown` without a connection. */
    address: string;
    signedIn: SignedIn | null;
    /** Set where the answer's bytes came from a camera: they get a policy that lets them do nothing. */
    foreign: boolean;
  };
};
export type HttpContext = Context<HttpEnv>;

/** What a resource's routes need. */
export type ResourceOptions = { services: HubServices; users: Users };

/** An app for one resource's routes, whose inputs are checked by their schemas. */
export const newRoutes = () =>
  new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new InputError(result.target, result.error.issues);
    },
  });

/** Who asks, on a route that is for people who have signed in. */
export function person(c: HttpContext): SignedIn {
  const signedIn = c.get('signedIn');
  if (!signedIn) throw new VigieError('unauthenticated', 'read the session: nobody has signed in');
  return signedIn;
}

/** Notes a deed of whoever asks. */
export function note(
  c: HttpContext,
  users: Users,
  action: string,
  target: string,
  detail?: Record<string, string | number | boolean | null>,
): void {
  users.audit.record({ actor: person(c).user.email, address: c.get('address'), action, target, detail });
}
