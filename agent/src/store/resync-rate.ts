import { eq } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { fact } from './schema.ts';

const KEY = 'resync-rate';

/** Bytes a second that the hub has told for all re-syncs together; undefined: no limit. */
export function storedResyncRate({ database }: Ledger): {
  read(): number | undefined;
  write(bytesPerSecond: number | undefined): void;
} {
  const here = eq(fact.key, KEY);
  return {
    read() {
      const text = database.select().from(fact).where(here).get()?.value;
      return text === undefined ? undefined : Number(text);
    },
    write(bytesPerSecond) {
      if (bytesPerSecond === undefined) {
        database.delete(fact).where(here).run();
        return;
      }
      const value = String(bytesPerSecond);
      database.insert(fact).values({ key: KEY, value }).onConflictDoUpdate({ target: fact.key, set: { value } }).run();
    },
  };
}
