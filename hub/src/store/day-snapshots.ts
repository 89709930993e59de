import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import type { entry } from './schema.ts';
import type { Store } from './store.ts';

type Row = typeof entry.$inferInsert & { bucket: string };

/** Entries that are written at once, before everything else has its turn: some milliseconds. */
const PORTION = 500;
const COLUMNS =
  'source_id, path, bucket, day, size, sha256, modified_at, unreadable, purged_at, captured_at, known_at' as const;

/** Puts whole days in place of what was known of them. */
export type DaySnapshots = {
  /**
   * Writes the entries beside the others, in portions, and then puts them in place at one go: that is done by the database alone, and takes
   * about 2 ms for 1,000. `mayApply` is asked then, within the transaction; `applied` ends it. Answers whether it was done.
   */
  replace(snapshot: {
    sourceId: number;
    days: readonly string[];
    entries: readonly Entry[];
    rowOf: (entry: Entry) => Row;
    mayApply: () => boolean;
    /** Since when what is new or other is known. */
    knownAt: () => number;
    applied: (figures: Iterable<Bucket>) => void;
  }): Promise<boolean>;
};

export function createDaySnapshots({ database, sqlite }: Store): DaySnapshots {
  let batches = 0;

  /** Beside the database's own file, and gone with the connection. */
  function prepare() {
    sqlite.exec(`
      CREATE TEMP TABLE IF NOT EXISTS told_entry (batch INTEGER, ${COLUMNS});
      CREATE INDEX IF NOT EXISTS temp.told_entry_batch ON told_entry (batch)`);
    const one = (text: string) => sqlite.prepare(text);
    return {
      put: one(`INSERT INTO told_entry (batch, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
      // What stays as it was is known since it was.
      date: one(`
        UPDATE told_entry SET known_at = coalesce((
          SELECT e.known_at FROM main.entry e
          WHERE e.source_id = told_entry.source_id AND e.path = told_entry.path AND e.bucket = told_entry.bucket
            AND e.size = told_entry.size AND e.sha256 IS told_entry.sha256 AND e.unreadable IS told_entry.unreadable
        ), ?) WHERE batch = ?`),
      clear: one('DELETE FROM main.entry WHERE source_id = ? AND bucket = ?'),
      take: one(`
        INSERT INTO main.entry (${COLUMNS}) SELECT ${COLUMNS} FROM told_entry WHERE batch = ? ORDER BY path`),
      drop: one('DELETE FROM told_entry WHERE batch = ?'),
    };
  }
  let statements: ReturnType<typeof prepare> | undefined;

  return {
    async replace({ sourceId, days, entries, rowOf, mayApply, knownAt, applied }) {
      statements ??= prepare();
      const { put, date, clear, take, drop } = statements;
      batches += 1;
      const batch = batches;
      const figures = new Map(days.map((day) => [day, { day, count: 0, bytes: 0, digest: EMPTY_DIGEST } as Bucket]));
      const write = sqlite.transaction((portion: readonly Entry[]) => {
        for (const told of portion) {
          const row = rowOf(told);
          const sum = figures.get(row.bucket);
          if (!sum) continue;
          figures.set(row.bucket, adjust(sum, told, 1));
          const { path, bucket, day, size, sha256, modifiedAt, unreadable, purgedAt, capturedAt } = row;
          put.run(
            ...[batch, sourceId, path, bucket, day, size, sha256, modifiedAt, unreadable, purgedAt, capturedAt, 0],
          );
        }
      });
      try {
        for (let at = 0; at < entries.length; at += PORTION) {
          write(entries.slice(at, at + PORTION));
          await nextTurn();
        }
        return database.transaction(() => {
          if (!mayApply()) return false;
          date.run(knownAt(), batch);
          for (const day of days) clear.run(sourceId, day);
          take.run(batch);
          applied(figures.values());
          return true;
        });
      } finally {
        // A hub that stops has closed its database by now, and with it this is gone.
        if (sqlite.open) drop.run(batch);
      }
    },
  };
}
