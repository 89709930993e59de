import type { Entry } from '@vigie/shared/protocol/asset';
import { and, asc, eq } from 'drizzle-orm';
import type { Shape } from '../report/shape.ts';
import type { SourceRow } from './inventories.ts';
import { bucket, bucketShape, entry } from './schema.ts';
import type { Store } from './store.ts';

/** A source's inventory by buckets, in figures by path and size alone. */
export type BucketShapes = {
  /** The shape of every bucket that holds something; one is made anew only where its bucket has changed. */
  of(row: SourceRow): Map<string, Shape>;
  /** The bucket's entries, ordered by path. */
  entries(row: SourceRow, day: string): Entry[];
};

export function createBucketShapes({ database }: Store, shapeOf: (entries: Iterable<Entry>) => Shape): BucketShapes {
  function entries(row: SourceRow, day: string): Entry[] {
    return database
      .select()
      .from(entry)
      .where(and(eq(entry.sourceId, row.id), eq(entry.bucket, day)))
      .orderBy(asc(entry.path))
      .all()
      .map(({ path, size, sha256, unreadable, purgedAt }) => ({
        path,
        size,
        ...(sha256 !== null && { sha256 }),
        ...(unreadable !== null && { unreadable }),
        ...(purgedAt !== null && { purgedAt }),
      }));
  }
  return {
    entries,
    of: (row) =>
      database.transaction(() => {
        const found = new Map<string, Shape>();
        const known = database.select().from(bucketShape).where(eq(bucketShape.sourceId, row.id)).all();
        const before = new Map(known.map((shape) => [shape.day, shape]));
        for (const { day, digest, count } of database.select().from(bucket).where(eq(bucket.sourceId, row.id)).all()) {
          if (count === 0) continue;
          const last = before.get(day);
          if (last?.digest === digest) {
            found.set(day, JSON.parse(last.shape) as Shape);
            continue;
          }
          const shape = shapeOf(entries(row, day));
          found.set(day, shape);
          const values = { digest, shape: JSON.stringify(shape) };
          database
            .insert(bucketShape)
            .values({ sourceId: row.id, day, ...values })
            .onConflictDoUpdate({ target: [bucketShape.sourceId, bucketShape.day], set: values })
            .run();
        }
        return found;
      }),
  };
}
