import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { and, asc, count, eq, ne } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Role } from '../http/schema.ts';
import { accounts, sessions, users } from './schema.ts';

export type User = { id: string; name: string; email: string; role: Role; createdAt: string };
export type SessionRow = { id: string; userId: string; createdAt: number; usedAt: number };

/** The rows of users and sessions. Every call is one transaction; there is always an admin once there was one. */
export type Accounts = ReturnType<typeof createAccounts>;

type Row = typeof users.$inferSelect;
const userOf = ({ id, name, email, role, createdAt }: Row): User => ({
  id,
  name,
  email,
  role,
  createdAt: createdAt.toISOString(),
});

export function createAccounts(db: BetterSQLite3Database, clock: Clock, newId: () => string) {
  type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0];

  const rowOf = (tx: Tx | typeof db, id: string): Row => {
    const row = tx.select().from(users).where(eq(users.id, id)).get();
    if (!row) throw new VigieError('not-found', `find user ${JSON.stringify(id)}: there is none`);
    return row;
  };
  const keepAnAdmin = (tx: Tx, id: string) => {
    const others = tx
      .select({ n: count() })
      .from(users)
      .where(and(eq(users.role, 'admin'), ne(users.id, id)))
      .get();
    if (others?.n === 0) {
      throw new VigieError('conflict', 'change the last admin: nobody could administer the hub afterwards', {
        hint: 'Make somebody else an admin first.',
      });
    }
  };

  return {
    count: (): number => db.select({ n: count() }).from(users).get()?.n ?? 0,
    list: (): User[] => db.select().from(users).orderBy(asc(users.createdAt), asc(users.id)).all().map(userOf),
    get: (id: string): User => userOf(rowOf(db, id)),
    find: (id: string): User | undefined => {
      const row = db.select().from(users).where(eq(users.id, id)).get();
      return row && userOf(row);
    },
    findByEmail: (email: string): User | undefined => {
      const row = db.select().from(users).where(eq(users.email, email.toLowerCase())).get();
      return row && userOf(row);
    },

    /** `onlyFirst`: refused when there is a user already. */
    add(
      user: { name: string; email: string; role: Role; passwordHash: string },
      { onlyFirst = false }: { onlyFirst?: boolean } = {},
    ): User {
      const now = new Date(clock.now());
      const email = user.email.toLowerCase();
      return db.transaction(
        (tx) => {
          if (onlyFirst && tx.select({ id: users.id }).from(users).limit(1).get()) {
            throw new VigieError('conflict', 'set up the hub: it has been set up already');
          }
          if (tx.select().from(users).where(eq(users.email, email)).get()) {
            throw new VigieError('conflict', `add user ${JSON.stringify(email)}: there is one with this address`);
          }
          const id = newId();
          const row = { id, name: user.name, email, emailVerified: true, image: null, role: user.role };
          tx.insert(users)
            .values({ ...row, createdAt: now, updatedAt: now })
            .run();
          tx.insert(accounts)
            .values({
              id: newId(),
              userId: id,
              accountId: id,
              providerId: 'credential',
              password: user.passwordHash,
              createdAt: now,
              updatedAt: now,
            })
            .run();
          return userOf({ ...row, createdAt: now, updatedAt: now });
        },
        { behavior: 'immediate' },
      );
    },

    /** A new role or password ends the user's sessions, but for the one that is kept. */
    change(
      id: string,
      change: { name?: string | undefined; role?: Role | undefined; passwordHash?: string | undefined },
      keepSession = '',
    ): User {
      return db.transaction(
        (tx) => {
          const before = rowOf(tx, id);
          const updatedAt = new Date(clock.now());
          const role = change.role ?? before.role;
          if (before.role === 'admin' && role !== 'admin') keepAnAdmin(tx, id);
          tx.update(users)
            .set({ name: change.name ?? before.name, role, updatedAt })
            .where(eq(users.id, id))
            .run();
          if (change.passwordHash !== undefined) {
            tx.update(accounts)
              .set({ password: change.passwordHash, updatedAt })
              .where(and(eq(accounts.userId, id), eq(accounts.providerId, 'credential')))
              .run();
          }
          if (role !== before.role || change.passwordHash !== undefined) {
            tx.delete(sessions)
              .where(and(eq(sessions.userId, id), ne(sessions.id, keepSession)))
              .run();
          }
          return userOf(rowOf(tx, id));
        },
        { behavior: 'immediate' },
      );
    },

    remove(id: string): User {
      return db.transaction(
        (tx) => {
          const before = rowOf(tx, id);
          if (before.role === 'admin') keepAnAdmin(tx, id);
          tx.delete(sessions).where(eq(sessions.userId, id)).run();
          tx.delete(accounts).where(eq(accounts.userId, id)).run();
          tx.delete(users).where(eq(users.id, id)).run();
          return userOf(before);
        },
        { behavior: 'immediate' },
      );
    },

    passwordHash: (id: string): string | undefined =>
      db
        .select({ password: accounts.password })
        .from(accounts)
        .where(and(eq(accounts.userId, id), eq(accounts.providerId, 'credential')))
        .get()?.password ?? undefined,

    session(id: string): SessionRow | undefined {
      const row = db.select().from(sessions).where(eq(sessions.id, id)).get();
      return row && { id, userId: row.userId, createdAt: row.createdAt.getTime(), usedAt: row.updatedAt.getTime() };
    },
    touchSession(id: string): void {
      db.update(sessions)
        .set({ updatedAt: new Date(clock.now()) })
        .where(eq(sessions.id, id))
        .run();
    },
    endSession(id: string): void {
      db.delete(sessions).where(eq(sessions.id, id)).run();
    },
  };
}
