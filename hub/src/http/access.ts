import { VigieError } from '@vigie/shared/kit/errors';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from './env.ts';
import { ROLES, type Role } from './schema.ts';

/** Who may call which route of /api/v1. A route that is not here can be called by nobody. */
export const ACCESS: Record<string, Role | 'public'> = {
  'GET /session': 'public',
  'POST /setup': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',

  'GET /live': 'viewer',
  'GET /activity': 'viewer',
  'GET /devices': 'viewer',
  'GET /devices/{site}/{device}': 'viewer',
  'POST /devices/{site}/{device}/commands': 'operator',
  'GET /devices/{site}/{device}/sources/{source}/preview': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/days': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/pictures': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/picture': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/original': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/certificates': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/certificates/{day}': 'viewer',
  'GET /devices/{site}/{device}/sources/{source}/certificates/{day}/remarks': 'viewer',
  'GET /destinations': 'viewer',
  'GET /schedules': 'viewer',

  'GET /reports': 'viewer',
  'POST /reports': 'operator',
  'GET /reports/{id}': 'viewer',
  'DELETE /reports/{id}': 'operator',
  'POST /reports/{id}/cancel': 'operator',
  'POST /reports/{id}/rerun': 'operator',
  'GET /reports/{id}/estimate': 'viewer',
  'GET /reports/{id}/unmatched': 'viewer',
  'GET /reports/{id}/export': 'viewer',

  'GET /jobs': 'viewer',
  'GET /jobs/{id}': 'viewer',
  'POST /jobs/{id}/pause': 'operator',
  'POST /jobs/{id}/resume': 'operator',
  'POST /jobs/{id}/cancel': 'operator',

  'POST /devices/{site}/{device}/drills': 'operator',
  'GET /drills': 'viewer',
  'GET /drills/{id}': 'viewer',

  'POST /users/me/password': 'viewer',
  'GET /users': 'admin',
  'POST /users': 'admin',
  'PATCH /users/{id}': 'admin',
  'DELETE /users/{id}': 'admin',
  'GET /audit': 'admin',
};

const RULES = Object.entries(ACCESS).map(([route, role]) => {
  const [method = '', path = ''] = route.split(' ');
  const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
  return { method, pattern, role };
});

/** Who may call this? Undefined where there is no such route. */
export function accessOf(method: string, path: string): Role | 'public' | undefined {
  const read = method === 'HEAD' ? 'GET' : method;
  return RULES.find((rule) => rule.method === read && rule.pattern.test(path))?.role;
}

/** Has this role what that route asks for? Each role may do what the ones before it may. */
export const suffices = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** Enforces the table for everything below `prefix`. */
export function access(prefix: string): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const needed = accessOf(c.req.method, c.req.path.slice(prefix.length));
    if (needed === undefined)
      throw new VigieError('not-found', `${c.req.method} ${c.req.path}: there is no such route`);
    if (needed === 'public') return next();
    const signedIn = c.get('signedIn');
    if (!signedIn) throw new VigieError('unauthenticated', `${c.req.method} ${c.req.path}: sign in first`);
    if (!suffices(signedIn.user.role, needed)) {
      throw new VigieError(
        'forbidden',
        `${c.req.method} ${c.req.path}: your role is ${signedIn.user.role}, it must be ${needed}`,
      );
    }
    return next();
  };
}
