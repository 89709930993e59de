import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Database } from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Role } from '../http/schema.ts';
import { createAccounts, type SessionRow, type User } from './accounts.ts';
import { type Audit, createAudit } from './audit.ts';
import { createAuth, SESSION_HOURS_MAX } from './auth.ts';
import { migrateUsers } from './migrate.ts';
import { isSetupCode, newSetupCode } from './setup-code.ts';

export const IDLE_MINUTES_MAX = 30;
/** A session in use is noted at most so often. */
const TOUCH_MS = 60_000;

export type NewUser = { name: string; email: string; password: string };
export type SignedIn = { user: User; sessionId: string };

/**
 * Accounts, sessions and the audit log. Emails are compared in lower case. Errors: `not-found`, `conflict` (address taken,
 * last admin, set up already), `forbidden` (wrong code), `credentials` (wrong password).
 */
export type Users = {
  audit: Audit;
  /** The one-time code that makes the first admin; null once there is a user. It lives in memory alone, new at each start. */
  setupCode(): string | null;
  setUp(code: string, user: NewUser): Promise<User>;

  /** Cookies of a new session, whatever session the request came with; that one ends. `credentials` otherwise. */
  signIn(email: string, password: string, headers: Headers): Promise<{ user: User; cookies: string[] }>;
  /** Ends the request's session, and returns the cookies that make the browser forget it. */
  signOut(headers: Headers): Promise<string[]>;
  /** Who sent this request; null where the session is absent, idle for too long, or too old. Counts as use. */
  signedIn(headers: Headers): Promise<SignedIn | null>;
  /** Does this session still stand? Does not count as use. */
  isSignedIn(sessionId: string): boolean;

  list(): User[];
  findByEmail(email: string): User | undefined;
  add(user: NewUser & { role: Role }): Promise<User>;
  change(
    id: string,
    change: { name?: string | undefined; role?: Role | undefined; password?: string | undefined },
  ): Promise<User>;
  changePassword(who: SignedIn, current: string, next: string): Promise<void>;
  remove(id: string): User;
};

export type UsersOptions = {
  database: Database;
  /** The address that browsers use: `http://127.0.0.1:8080`. */
  baseUrl: string;
  /** At least 32 characters, see `secret.ts`. */
  secret: string;
  clock: Clock;
  random: (bytes: number) => Uint8Array;
  log: Log;
};

export function createUsers({ database, baseUrl, secret, clock, random, log }: UsersOptions): Users {
  migrateUsers(database);
  const db = drizzle(database);
  const newId = () => Buffer.from(random(16)).toString('hex');
  const accounts = createAccounts(db, clock, newId);
  const auth = createAuth({ db, baseUrl, secret, log });
  const code = newSetupCode(random);

  const stands = (session: SessionRow): boolean =>
    clock.now() - session.usedAt < IDLE_MINUTES_MAX * 60_000 &&
    clock.now() - session.createdAt < SESSION_HOURS_MAX * 3_600_000;

  async function signedIn(headers: Headers): Promise<SignedIn | null> {
    if (!headers.has('cookie')) return null;
    const found = await auth.session(headers);
    const session = found && accounts.session(found.sessionId);
    const user = session && accounts.find(session.userId);
    if (!session || !user) return null;
    if (!stands(session)) {
      accounts.endSession(session.id);
      return null;
    }
    if (clock.now() - session.usedAt > TOUCH_MS) accounts.touchSession(session.id);
    return { user, sessionId: session.id };
  }

  return {
    audit: createAudit(db, clock),
    setupCode: () => (accounts.count() === 0 ? code : null),

    async setUp(given, { password, ...user }) {
      if (accounts.count() > 0) throw new VigieError('conflict', 'set up the hub: it has been set up already');
      if (!isSetupCode(code, given)) {
        throw new VigieError('forbidden', 'set up the hub: the code is not the right one', {
          hint: "The code stands in the hub's output, and is new at each of its starts.",
        });
      }
      const passwordHash = await auth.hash(password);
      return accounts.add({ ...user, role: 'admin', passwordHash }, { onlyFirst: true });
    },

    async signIn(email, password, headers) {
      const before = await signedIn(headers);
      const response = await auth.signIn(email, password, headers);
      const user = accounts.findByEmail(email);
      if (!response.ok || !user) {
        throw new VigieError('credentials', 'sign in: the e-mail address or the password is not right');
      }
      if (before) accounts.endSession(before.sessionId);
      return { user, cookies: response.headers.getSetCookie() };
    },

    async signOut(headers) {
      return (await auth.signOut(headers)).headers.getSetCookie();
    },

    signedIn,
    isSignedIn(sessionId) {
      const session = accounts.session(sessionId);
      return session !== undefined && stands(session);
    },

    list: accounts.list,
    findByEmail: accounts.findByEmail,
    async add({ password, ...user }) {
      return accounts.add({ ...user, passwordHash: await auth.hash(password) });
    },
    async change(id, { password, ...change }) {
      const passwordHash = password === undefined ? undefined : await auth.hash(password);
      return accounts.change(id, { ...change, passwordHash });
    },
    async changePassword({ user, sessionId }, current, next) {
      const hash = accounts.passwordHash(user.id);
      if (hash === undefined || !(await auth.verify(hash, current))) {
        throw new VigieError('credentials', 'change the password: the present password is not right');
      }
      accounts.change(user.id, { passwordHash: await auth.hash(next) }, sessionId);
    },
    remove: accounts.remove,
  };
}
