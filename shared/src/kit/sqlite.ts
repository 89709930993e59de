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
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('busy_timeout = 5000');
  const synchronous = database.pragma('synchronous', { simple: true });
  if (synchronous !== 2) {
    throw new VigieError('database', `open ${JSON.stringify(file)}: synchronous is ${synchronous}, must be 2 (FULL)`);
  }
  return database;
}
