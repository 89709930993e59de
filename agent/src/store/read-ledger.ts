import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Ledger } from './ledger.ts';
import * as schema from './schema.ts';

/** Opens an agent's ledger to look at it, beside an agent that may be running: nothing is written, and no start is counted. */
export function readLedger(folder: string): Pick<Ledger, 'database'> & Disposable {
  const file = join(folder, 'ledger.sqlite');
  if (!existsSync(file)) {
    throw new VigieError(
      'not-found',
      `read ${JSON.stringify(file)}: there is no ledger; an agent makes one when it runs`,
    );
  }
  const sqlite = new Database(file, { readonly: true });
  sqlite.pragma('busy_timeout = 5000');
  const database = drizzle(sqlite, { schema, casing: 'snake_case' });
  return {
    database,
    [Symbol.dispose]: () => {
      sqlite.close();
    },
  };
}
