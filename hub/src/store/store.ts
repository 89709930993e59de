import { join } from 'node:path';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import * as schema from './schema.ts';

/** The hub's database: one SQLite file, read and written by the repositories beside this file alone. */
export type Store = Disposable & {
  readonly database: BetterSQLite3Database<typeof schema>;
  readonly sqlite: Database.Database;
};

export function openStore(folder: string): Store {
  const sqlite = openDatabase(join(folder, 'hub.sqlite'));
  const database = drizzle(sqlite, { schema, casing: 'snake_case' });
  migrate(database, { migrationsFolder: join(import.meta.dirname, '../../drizzle') });
  return {
    database,
    sqlite,
    [Symbol.dispose]: () => {
      sqlite.close();
    },
  };
}
