import type { Clock } from '@vigie/shared/kit/clock';
import { and, desc, eq, lte } from 'drizzle-orm';
import type { SourceRow } from './inventories.ts';
import { preview, source } from './schema.ts';
import type { Store } from './store.ts';

/** Previews that devices have sent or that were made from a destination's copy; the newest 2,000 of a source are kept. */
export type Previews = {
  add(row: SourceRow, path: string | null, jpeg: Buffer): void;
  /** Keeps one that was made here; it is not the source's newest. */
  keep(row: SourceRow, path: string, jpeg: Buffer): void;
  latest(row: SourceRow): Buffer | undefined;
  of(row: SourceRow, path: string): Buffer | undefined;
};
const KEPT_MAX = 2000;

export function createPreviews({ database }: Store, clock: Clock): Previews {
  function insert(row: SourceRow, path: string | null, jpeg: Buffer, at: number): void {
    database.insert(preview).values({ sourceId: row.id, path, at, jpeg }).run();
    const limit = database
      .select({ id: preview.id })
      .from(preview)
      .where(eq(preview.sourceId, row.id))
      .orderBy(desc(preview.id))
      .limit(1)
      .offset(KEPT_MAX)
      .get();
    if (limit)
      database
        .delete(preview)
        .where(and(eq(preview.sourceId, row.id), lte(preview.id, limit.id)))
        .run();
  }
  return {
    add(row, path, jpeg) {
      // The newest is found by its instant, so both rows must hold the very same.
      const at = clock.now();
      database.transaction(() => {
        insert(row, path, jpeg, at);
        database.update(source).set({ previewAt: at }).where(eq(source.id, row.id)).run();
      });
    },
    keep: (row, path, jpeg) => database.transaction(() => insert(row, path, jpeg, clock.now())),
    latest: (row) =>
      row.previewAt === null
        ? undefined
        : database
            .select({ jpeg: preview.jpeg })
            .from(preview)
            .where(and(eq(preview.sourceId, row.id), eq(preview.at, row.previewAt)))
            .get()?.jpeg,
    of: (row, path) =>
      database
        .select({ jpeg: preview.jpeg })
        .from(preview)
        .where(and(eq(preview.sourceId, row.id), eq(preview.path, path)))
        .orderBy(desc(preview.id))
        .limit(1)
        .get()?.jpeg,
  };
}
