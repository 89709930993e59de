import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import type Database from 'better-sqlite3';
import { eq, sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { backToQueue } from './back-to-queue.ts';
import * as schema from './schema.ts';

/** The agent's ledger: one SQLite file. Transactions are synchronous; a committed one survives a power cut. */
export type Ledger = Disposable & {
  readonly database: BetterSQLite3Database<typeof schema>;
  readonly sqlite: Database.Database;
  /** Names this ledger's life: a new one begins when the ledger has been lost or rebuilt. */
  readonly generation: string;
  /** Counts the agent's starts. */
  readonly session: number;
};

/** Opens the ledger, brings its schema up to date, and makes deliveries that were under way when the power went pending again. */
export function openLedger(folder: string): Ledger {
  const sqlite = openDatabase(join(folder, 'ledger.sqlite'));
  try {
    return begin(sqlite);
  } catch (error) {
    // A disk without room is tried again, and a handle that is left open would keep what it has of that room.
    sqlite.close();
    throw error;
  }
}

function begin(sqlite: Database.Database): Ledger {
  const database = drizzle(sqlite, { schema, casing: 'snake_case' });
  migrate(database, { migrationsFolder: join(import.meta.dirname, '../../drizzle') });
  const { fact, delivery } = schema;
  const { generation, session } = database.transaction((tx) => {
    const read = (key: string) => tx.select().from(fact).where(eq(fact.key, key)).get()?.value;
    const write = (key: string, value: string) =>
      tx.insert(fact).values({ key, value }).onConflictDoUpdate({ target: fact.key, set: { value } }).run();
    const current = read('generation') ?? randomUUID();
    const starts = Number(read('session') ?? 0) + 1;
    write('generation', current);
    write('session', String(starts));
    tx.update(delivery).set(backToQueue(undefined)).where(eq(delivery.state, 'sending')).run();
    return { generation: current, session: starts };
  });
  sqlite.pragma('optimize');
  return {
    database,
    sqlite,
    generation,
    session,
    [Symbol.dispose]: () => {
      sqlite.close();
    },
  };
}

/** A count and sum, as SQLite gives it for no rows too. */
export const countOf = sql<number>`count(*)`;
export const bytesOfColumn = (column: unknown) => sql<number>`coalesce(sum(${column}), 0)`;
