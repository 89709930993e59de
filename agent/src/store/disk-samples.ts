import { and, asc, eq, lt } from 'drizzle-orm';
import type { DiskSample } from '../health/disk-forecast.ts';
import type { Ledger } from './ledger.ts';
import { diskSample } from './schema.ts';

/** The free room of each file system over the last days. */
export type DiskSamples = {
  /** Notes a sample, at most one in `SAMPLE_EVERY_MS`, and forgets old ones. */
  add(volume: string, sample: DiskSample): void;
  /** Oldest first. */
  all(volume: string): DiskSample[];
};

export const SAMPLE_EVERY_MS = 3_600_000;
const KEPT_MS = 8 * 86_400_000;

export function createDiskSamples({ database }: Ledger): DiskSamples {
  const lastAt = new Map<string, number>();
  const all = (volume: string): DiskSample[] =>
    database
      .select({ at: diskSample.at, freeBytes: diskSample.freeBytes, freeInodes: diskSample.freeInodes })
      .from(diskSample)
      .where(eq(diskSample.volume, volume))
      .orderBy(asc(diskSample.at))
      .all();
  return {
    add(volume, sample) {
      const last = lastAt.get(volume) ?? all(volume).at(-1)?.at;
      // A clock that was set back begins anew, else nothing would be noted until it has caught up.
      if (last !== undefined && sample.at >= last && sample.at - last < SAMPLE_EVERY_MS) return;
      database.transaction(() => {
        const row = { volume, ...sample };
        database
          .insert(diskSample)
          .values(row)
          .onConflictDoUpdate({ target: [diskSample.volume, diskSample.at], set: row })
          .run();
        const old = and(eq(diskSample.volume, volume), lt(diskSample.at, sample.at - KEPT_MS));
        database.delete(diskSample).where(old).run();
      });
      lastAt.set(volume, sample.at);
    },
    all,
  };
}
