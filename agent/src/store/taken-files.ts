import type { TakenFiles } from '@vigie/hardware/camera/folder-take';
import type { Clock } from '@vigie/shared/kit/clock';
import { and, eq } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { takenFile } from './schema.ts';

/** Which files a source's `folder` camera has taken, in the ledger: what was added stays through a power cut. */
export function createTakenFiles({ database }: Ledger, source: string, clock: Clock): TakenFiles {
  const one = (key: string) => and(eq(takenFile.source, source), eq(takenFile.key, key));
  const forget = (key: string) => {
    database.delete(takenFile).where(one(key)).run();
  };
  return {
    has: (key) => database.select({ at: takenFile.at }).from(takenFile).where(one(key)).get() !== undefined,
    add(key) {
      database.insert(takenFile).values({ source, key, at: clock.now() }).onConflictDoNothing().run();
    },
    forget,
    retain(keys) {
      database.transaction(() => {
        const rows = database.select({ key: takenFile.key }).from(takenFile).where(eq(takenFile.source, source)).all();
        for (const { key } of rows) if (!keys.has(key)) forget(key);
      });
    },
  };
}
