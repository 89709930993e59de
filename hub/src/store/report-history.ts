import { and, desc, eq, inArray, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { ReportRow } from './reports.ts';
import { keptDays, removedReport, report, unmatched } from './schema.ts';
import type { Store } from './store.ts';

/** A place among all reports in the order in which they were made. */
export type Place = { createdAt: number; row: number };
export const FIRST: Place = { createdAt: Number.MIN_SAFE_INTEGER, row: 0 };

/** The reports of a pair one after the other: the last before one, those under way, those that are kept no longer. */
export type ReportHistory = {
  /** Is a report of these sides, as they are stored, queued or running? */
  isBusy(left: string, right: string): boolean;
  /** The last report of the same sides, proof and filter that completed; filters of the last so many days are the same. */
  previousOf(row: Pick<ReportRow, 'id' | 'left' | 'right' | 'filter' | 'proof'>): ReportRow | undefined;
  /**
   * Looks at up to `limit` reports made before an instant, from a place on, and tells those that may go: they ended before it, are not
   * among the newest `keepAtLeast` at their end of their pair of sides, nor its last completed one, and no open job belongs to them.
   * `next` is the place to go on from, null at the end.
   */
  expired(before: number, keepAtLeast: number, after: Place, limit: number): { ids: string[]; next: Place | null };
  /** Removes reports; their entries follow by `sweep`. */
  remove(ids: readonly string[]): void;
  /** Deletes up to `portion` entries of removed reports. True when something was there to be done. */
  sweep(portion: number): boolean;
};

export function createReportHistory({ database }: Store): ReportHistory {
  return {
    isBusy: (left, right) =>
      database
        .select({ id: report.id })
        .from(report)
        .where(and(eq(report.left, left), eq(report.right, right), inArray(report.state, ['queued', 'running'])))
        .limit(1)
        .get() !== undefined,

    previousOf: ({ id, left, right, filter, proof }) =>
      database
        .select()
        .from(report)
        .where(
          and(
            eq(report.left, left),
            eq(report.right, right),
            eq(report.state, 'completed'),
            eq(report.proof, proof),
            ne(report.id, id),
            sql`${scope(sql`${report.filter}`)} = ${scope(sql`${filter}`)}`,
          ),
        )
        .orderBy(desc(report.completedAt), desc(sql`rowid`))
        .limit(1)
        .get(),

    expired(before, keepAtLeast, after, limit) {
      const newer = sql`newer."left" = old."left" and newer."right" = old."right"
        and (newer.created_at, newer.rowid) > (old.created_at, old.rowid)`;
      const looked = database.all<{ id: string; createdAt: number; row: number; goes: number }>(sql`
        select old.id, old.created_at as createdAt, old.rowid as row,
          old.state in ('completed', 'failed', 'cancelled') and old.completed_at < ${before}
          and (select count(*) from (select 1 from report newer where ${newer}
            and newer.state in ('completed', 'failed', 'cancelled') limit ${keepAtLeast})) = ${keepAtLeast}
          and (old.state <> 'completed' or exists (select 1 from report newer where ${newer} and newer.state = 'completed'))
          and not exists (select 1 from job where job.report_id = old.id and job.state in ('QUEUED', 'RUNNING', 'PAUSED'))
          as goes
        from report old
        where old.created_at < ${before} and (old.created_at, old.rowid) > (${after.createdAt}, ${after.row})
        order by old.created_at, old.rowid limit ${limit}`);
      const last = looked.at(-1);
      return {
        ids: looked.filter(({ goes }) => goes === 1).map(({ id }) => id),
        next: last && looked.length === limit ? { createdAt: last.createdAt, row: last.row } : null,
      };
    },

    remove(ids) {
      database.transaction(() => {
        for (const reportId of ids) {
          database.insert(removedReport).values({ reportId }).onConflictDoNothing().run();
          database.delete(keptDays).where(eq(keptDays.reportId, reportId)).run();
          database.delete(report).where(eq(report.id, reportId)).run();
        }
      });
    },

    sweep(portion) {
      const first = database.select().from(removedReport).limit(1).get();
      if (!first) return false;
      database.transaction(() => {
        let room = portion;
        for (let next: typeof first | undefined = first; next && room > 0; ) {
          const of = eq(unmatched.reportId, next.reportId);
          const lowest = database
            .select({ n: unmatched.n })
            .from(unmatched)
            .where(of)
            .orderBy(unmatched.n)
            .limit(1)
            .get();
          const end = (lowest?.n ?? 0) + room;
          const { changes } = database
            .delete(unmatched)
            .where(and(of, lt(unmatched.n, end)))
            .run();
          if (changes < room) database.delete(removedReport).where(eq(removedReport.reportId, next.reportId)).run();
          // Even one without entries takes a little of the time.
          room -= Math.max(changes, 1);
          next = database.select().from(removedReport).limit(1).get();
        }
      });
      return true;
    },
  };
}

/** What a filter is about, whatever day it is: the first of the last so many days moves on. */
const scope = (filter: SQL): SQL =>
  sql`case when json_extract(${filter}, '$.lastDays') is null then ${filter} else json_remove(${filter}, '$.fromDay') end`;
