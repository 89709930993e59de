import { eq } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { fact } from './schema.ts';

/** Whether a source's files were once all taken into this ledger. */
export type Rebuild = {
  isWhole(): boolean;
  /** An audit has looked at every file, and left out none. */
  ended(): void;
};

/**
 * A ledger that begins anew knows nothing of the files that lie there: until all of them are in it, what it does not know is not what the
 * source does not have. Noted in the ledger itself, so that neither a crash nor the loss of the ledger can make it look whole.
 */
export function createRebuild({ database }: Ledger, source: string): Rebuild {
  const key = `rebuilt/${source}`;
  const read = () => database.select().from(fact).where(eq(fact.key, key)).get() !== undefined;
  let isWhole = read();
  return {
    isWhole: () => isWhole,
    ended() {
      if (isWhole) return;
      database.insert(fact).values({ key, value: 'whole' }).onConflictDoNothing().run();
      isWhole = true;
    },
  };
}
