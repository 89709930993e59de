import { randomBytes } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Action, Figures, Unmatched, UnmatchedClass } from '@vigie/shared/protocol/report';
import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { ListingFacts } from '../report/compare-listed.ts';
import type { ComparedWithPrevious } from '../report/previous.ts';
import { keptDays, removedReport, report, unmatched } from './schema.ts';
import type { Store } from './store.ts';
import { writeUnmatched } from './unmatched-writer.ts';

export type ReportRow = typeof report.$inferSelect;

/** Sync reports and their unmatched entries. */
export type ReportStore = {
  /** Without `proof` it compares names and sizes. */
  create(
    values: Pick<ReportRow, 'left' | 'right' | 'filter' | 'by' | 'trigger' | 'sync'> & {
      proof?: ReportRow['proof'];
      full?: boolean;
    },
  ): ReportRow;
  find(id: string): ReportRow | undefined;
  list(offset: number, limit: number): { total: number; rows: ReportRow[] };
  /** The oldest report that waits, now running; those after outages, also of drills, before all others. With a proof, only of those. */
  take(proof?: ReportRow['proof']): ReportRow | undefined;
  /** Reports that were running when the hub stopped are queued again. */
  requeue(): void;
  progress(id: string, folders: number, entries: number): void;
  /**
   * Keeps the outcome: its entries in portions that hold up nothing else, and then, in one transaction, that it has completed. Until then
   * its entries are not to be seen.
   */
  complete(
    id: string,
    result: {
      figures: Figures;
      matchedByDigest: number;
      mendable: { count: number; bytes: number };
      asOf: number | null;
      unmatched: Unmatched[];
      entries: number;
      since: ComparedWithPrevious;
      /** What the list of a destination rests on; null for other sides. */
      listing: ListingFacts | null;
      /** The destination's own filter, as stored; null where it takes everything. */
      taken?: string | null;
      /** The buckets of which some folder was not listed again. */
      keptDays: readonly string[];
    },
    signal?: AbortSignal,
  ): Promise<void>;
  end(id: string, state: 'failed' | 'cancelled', error: string | null): void;
  /** Its unmatched entries are deleted afterwards, by `ReportHistory.sweep`. */
  remove(id: string): void;
  unmatched(
    id: string,
    filter: { class?: string | undefined; search?: string | undefined; isNew?: boolean | undefined },
    offset: number,
    limit: number,
  ): { total: number; entries: (Unmatched & { isNew: boolean })[] };
  /** How much each action would mend, by its assets and their bytes; those that there are. */
  byAction(id: string): { action: Action; count: number; bytes: number }[];
  /** All unmatched entries in their order, read in portions. */
  allUnmatched(id: string): Generator<Unmatched>;
};

export function createReportStore({ database }: Store, clock: Clock): ReportStore {
  const set = (id: string, values: Partial<ReportRow>) =>
    database.update(report).set(values).where(eq(report.id, id)).run();
  /** Entries of this report, once it has completed. */
  const ofCompleted = (id: string) =>
    and(
      eq(unmatched.reportId, id),
      sql`exists (select 1 from ${report} where ${report.id} = ${id} and state = 'completed')`,
    );
  const plain = (row: typeof unmatched.$inferSelect): Unmatched => ({
    class: row.class,
    path: row.path,
    sourceSize: row.sourceSize,
    destinationSize: row.destinationSize,
    cause: row.cause,
    action: row.action,
  });
  return {
    create: (values) =>
      database
        .insert(report)
        .values({ ...values, id: `r${randomBytes(8).toString('hex')}`, state: 'queued', createdAt: clock.now() })
        .returning()
        .get(),
    find: (id) => database.select().from(report).where(eq(report.id, id)).get(),
    list: (offset, limit) => ({
      total: database.select({ total: sql<number>`count(*)` }).from(report).get()?.total ?? 0,
      rows: database
        .select()
        .from(report)
        .orderBy(desc(report.createdAt), desc(sql`rowid`))
        .limit(limit)
        .offset(offset)
        .all(),
    }),
    take(proof) {
      const next = database
        .select({ id: report.id })
        .from(report)
        .where(and(eq(report.state, 'queued'), proof && eq(report.proof, proof)))
        .orderBy(desc(sql`${report.trigger} = 'outage'`), asc(report.createdAt), asc(sql`rowid`))
        .limit(1)
        .get();
      if (!next) return undefined;
      set(next.id, { state: 'running', startedAt: clock.now(), folders: 0, entries: 0 });
      return this.find(next.id);
    },
    requeue: () => {
      database.update(report).set({ state: 'queued', startedAt: null }).where(eq(report.state, 'running')).run();
    },
    progress: (id, folders, entries) => set(id, { folders, entries }),
    async complete(id, result, signal) {
      const { figures, matchedByDigest, mendable, asOf, unmatched: entries, entries: count, since } = result;
      await writeUnmatched({ database, clock }, id, entries, since.isNew, signal);
      database.transaction(() => {
        set(id, {
          state: 'completed',
          completedAt: clock.now(),
          figures: JSON.stringify(figures),
          matchedByDigest,
          asOf,
          mendableCount: mendable.count,
          mendableBytes: mendable.bytes,
          entries: count,
          previous: since.previous && JSON.stringify(since.previous),
          listing: result.listing && JSON.stringify(result.listing),
          taken: result.taken ?? null,
        });
        const days = { days: JSON.stringify(result.keptDays) };
        const kept = database.insert(keptDays).values({ reportId: id, ...days });
        if (result.keptDays.length > 0) kept.onConflictDoUpdate({ target: keptDays.reportId, set: days }).run();
      });
    },
    end(id, state, error) {
      database.transaction(() => {
        set(id, { state, error, completedAt: clock.now() });
        // What it had begun to write goes by and by.
        const begun = database.select().from(unmatched).where(eq(unmatched.reportId, id)).limit(1).get();
        if (begun) database.insert(removedReport).values({ reportId: id }).onConflictDoNothing().run();
      });
    },
    remove(id) {
      database.transaction(() => {
        database.insert(removedReport).values({ reportId: id }).onConflictDoNothing().run();
        database.delete(keptDays).where(eq(keptDays.reportId, id)).run();
        database.delete(report).where(eq(report.id, id)).run();
      });
    },
    unmatched(id, { class: only, search, isNew }, offset, limit) {
      const where = and(
        ofCompleted(id),
        only === undefined ? undefined : inArray(unmatched.class, only.split(',') as UnmatchedClass[]),
        search === undefined || search === '' ? undefined : sql`instr(lower(${unmatched.path}), lower(${search})) > 0`,
        // Written out, so that the index of new entries is used.
        isNew === undefined ? undefined : isNew ? sql`is_new = 1` : sql`is_new = 0`,
      );
      const total = database.select({ total: sql<number>`count(*)` }).from(unmatched).where(where).get()?.total ?? 0;
      const rows = database
        .select()
        .from(unmatched)
        .where(where)
        .orderBy(asc(unmatched.n))
        .limit(limit)
        .offset(offset)
        .all();
      return { total, entries: rows.map((row) => ({ ...plain(row), isNew: row.isNew })) };
    },
    byAction: (id) =>
      database
        .select({
          action: unmatched.action,
          count: sql<number>`count(*)`,
          bytes: sql<number>`sum(coalesce(${unmatched.sourceSize}, ${unmatched.destinationSize}, 0))`,
        })
        .from(unmatched)
        .where(ofCompleted(id))
        .groupBy(unmatched.action)
        .orderBy(desc(sql`count(*)`))
        .all(),
    *allUnmatched(id) {
      for (let last = -1; ; ) {
        const rows = database
          .select()
          .from(unmatched)
          .where(and(ofCompleted(id), gt(unmatched.n, last)))
          .orderBy(asc(unmatched.n))
          .limit(2000)
          .all();
        for (const row of rows) yield plain(row);
        if (rows.length < 2000) return;
        last = (rows.at(-1) as (typeof rows)[number]).n;
      }
    },
  };
}
