import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { VigieError } from './errors.ts';

/**
 * Opens a SQLite database so that a committed row survives a power cut: WAL with synchronous = FULL. better-sqlite3 reopens
 * a WAL database at NORMAL, which loses commits; so the setting is read back at every open.
 */
export function openDatabase(file: string): Database.Database {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new Database(file);
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  becomeWal(database);
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const synchronous = database.pragma('synchronous', { simple: true });
  if (synchronous !== 2) {
    throw new VigieError('database', `open ${JSON.stringify(file)}: synchronous is ${synchronous}, must be 2 (FULL)`);
  }
  return database;
}

/** Opens a database that is there to read from, while others write. */
export function openDatabaseToRead(file: string): Database.Database {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  return database;
}

/** How long another user of the database is waited for. */
const BUSY_MS = 5000;
const PAUSE_MS = 10;

/**
 * A new file becomes a WAL database once. SQLite refuses that at once, without its busy handler, to all but one of several
 * processes that open the file in the same moment, since each waits for the others' locks.
 */
function becomeWal(database: Database.Database): void {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
      if (waitedMs >= BUSY_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
