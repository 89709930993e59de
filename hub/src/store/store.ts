import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import { openDatabase, openDatabaseToRead } from '@vigie/shared/kit/sqlite';
import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { certifiedDay } from './certificate-schema.ts';
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

/**
 * The same database to read from, beside a hub that writes. Throws `database` where there is none, or one that a hub of this version has
 * not brought up to date yet.
 */
export function openStoreToRead(folder: string): Store {
  const file = join(folder, 'hub.sqlite');
  let sqlite: Database.Database | undefined;
  try {
    const opened = openDatabaseToRead(file);
    sqlite = opened;
    const database = drizzle(opened, { schema, casing: 'snake_case' });
    for (const table of [certifiedDay, schema.entry, schema.report]) database.select().from(table).limit(1).all();
    return { database, sqlite: opened, [Symbol.dispose]: () => void opened.close() };
  } catch (error) {
    sqlite?.close();
    throw new VigieError('database', `open the hub's database ${JSON.stringify(file)}`, {
      cause: error,
      hint: 'Start the hub of this version once with this configuration: it makes its database and keeps it up to date.',
    });
  }
}
