import type { Log } from '@vigie/shared/kit/log';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { hashedSessions } from './hashed-sessions.ts';
import * as tables from './schema.ts';

export const SESSION_HOURS_MAX = 12;
export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 128;

/**
 * better-auth as the hub uses it: passwords, sessions and their cookies. Its HTTP routes are not mounted; `users.ts` calls
 * what it needs. So no route that a later version adds is open without anybody having decided so.
 */
export type Auth = {
  /** The answer holds the session's cookie, or is a 401. */
  signIn(email: string, password: string, headers: Headers): Promise<Response>;
  signOut(headers: Headers): Promise<Response>;
  /** The session of a signed cookie, not expired. */
  session(headers: Headers): Promise<{ sessionId: string; userId: string } | null>;
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
};

export function createAuth(options: { db: BetterSQLite3Database; baseUrl: string; secret: string; log: Log }): Auth {
  const { db, baseUrl, secret, log } = options;
  const secure = baseUrl.startsWith('https:');
  const auth = betterAuth({
    appName: 'Vigie',
    baseURL: baseUrl,
    basePath: '/api/auth',
    trustedOrigins: [new URL(baseUrl).origin],
    secret,
    database: hashedSessions(
      drizzleAdapter(db, {
        provider: 'sqlite',
        schema: {
          user: tables.users,
          session: tables.sessions,
          account: tables.accounts,
          verification: tables.verifications,
        },
      }),
    ),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    user: { additionalFields: { role: { type: 'string', required: true, input: false, defaultValue: 'viewer' } } },
    session: {
      expiresIn: SESSION_HOURS_MAX * 3600,
      // Never prolonged: twelve hours after sign-in it ends, whatever happens. `users.ts` ends idle ones earlier.
      disableSessionRefresh: true,
      cookieCache: { enabled: false },
    },
    // The hub's own limits count by account and trusted address, see `http/limits.ts`.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      cookiePrefix: 'vigie',
      useSecureCookies: secure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'strict', secure, path: '/' },
      // It would believe X-Forwarded-For from anybody; the audit log has the trusted address.
      ipAddress: { disableIpTracking: true },
    },
    logger: {
      level: 'error',
      log: (level, message) => log[level === 'error' ? 'error' : 'debug']({ part: 'auth' }, message),
    },
  });
  return {
    signIn: (email, password, headers) =>
      auth.api.signInEmail({ body: { email, password }, headers, asResponse: true }),
    signOut: (headers) => auth.api.signOut({ headers, asResponse: true }),
    async session(headers) {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } });
      return found && { sessionId: found.session.id, userId: found.user.id };
    },
    hash: async (password) => (await auth.$context).password.hash(password),
    verify: async (hash, password) => (await auth.$context).password.verify({ hash, password }),
  };
}
