import { dayOf, type Entry } from '@vigie/shared/protocol/asset';
import { and, asc, desc, eq, gt, ne, sql } from 'drizzle-orm';
import { certifiedDay } from './certificate-schema.ts';
import type { SourceName, SourceRow } from './inventories.ts';
import { entry, keptDays, report, unmatched } from './schema.ts';
import { createSlotDays, type SlotDays } from './slot-days.ts';
import type { Store } from './store.ts';

export type CertifiedDayRow = Pick<typeof certifiedDay.$inferSelect, 'figures' | 'reports' | 'whole'>;
/** A completed report. */
export type CompletedReport = {
  id: string;
  /** The report's filter, as JSON. */
  filter: string;
  createdAt: number;
  completedAt: number;
  byDigest: boolean;
  /** JSON: the destination's own filter, where it does not take everything. */
  taken: string | null;
  /** Buckets that it did not list again, but knew from before: of these it proves nothing. */
  keptDays: ReadonlySet<string>;
};

/** What certificates are made of, day by day, and which days had one. */
export type CertifiedDays = {
  /** The next day after this one that holds entries of the source. */
  next(row: SourceRow, after: string): string | undefined;
  /** The day's entries in figures: another text means that some entry has come, gone or changed. */
  figures(row: SourceRow, day: string): string;
  /** What was taken on the day, in the order of the paths' bytes. */
  entries(row: SourceRow, day: string): (Entry & { knownAt: number })[];
  /** What lies in a folder of the day, and was taken on another day by true time. */
  elsewhere(row: SourceRow, day: string): { path: string; day: string }[];
  /** The completed reports of the source and one of its destinations, newest first. */
  reports(name: SourceName, destination: string): CompletedReport[];
  /** What of the day a report did not match. */
  unmatched(reportId: string, row: SourceRow, day: string): Map<string, { class: string; cause: string }>;
  /** The days that hold something which a report did not match. */
  unmatchedDays(reportId: string, row: SourceRow): Set<string>;
  /** What the device has told of the day's slots. */
  slots: SlotDays['of'];
  last(row: SourceRow, day: string): CertifiedDayRow | undefined;
  keep(row: SourceRow, day: string, values: CertifiedDayRow): void;
  /** Reads several of these as of one instant, while others write. */
  atOnce<T>(read: () => T): T;
};

/** Reports of a pair that are looked through for one of the whole day. */
const REPORTS_MAX = 1000;

export function createCertifiedDays({ database }: Store): CertifiedDays {
  const ofDay = (row: SourceRow, day: string) => and(eq(entry.sourceId, row.id), eq(entry.day, day));
  const at = (row: SourceRow, day: string) => and(eq(certifiedDay.sourceId, row.id), eq(certifiedDay.day, day));
  const known = (id: string, row: SourceRow) =>
    and(eq(unmatched.reportId, id), eq(unmatched.path, entry.path), eq(entry.sourceId, row.id));

  return {
    slots: createSlotDays({ database }).of,
    next: (row, after) =>
      database
        .select({ day: entry.day })
        .from(entry)
        .where(and(eq(entry.sourceId, row.id), gt(entry.day, after)))
        .orderBy(asc(entry.day))
        .limit(1)
        .get()?.day,
    figures(row, day) {
      const sums = database
        .select({
          count: sql<number>`count(*)`,
          bytes: sql<number>`sum(${entry.size})`,
          known: sql<number>`total(${entry.knownAt})`,
          newest: sql<number>`max(${entry.knownAt})`,
          taken: sql<number>`total(${entry.capturedAt})`,
        })
        .from(entry)
        .where(ofDay(row, day))
        .get();
      return JSON.stringify(sums);
    },
    entries: (row, day) =>
      database
        .select()
        .from(entry)
        .where(ofDay(row, day))
        .orderBy(asc(entry.path))
        .all()
        .map((e) => ({
          path: e.path,
          size: e.size,
          sha256: e.sha256 ?? undefined,
          unreadable: e.unreadable ?? undefined,
          capturedAt: e.capturedAt ?? undefined,
          knownAt: e.knownAt,
        })),
    // The comparison of the time makes the small index of true times the one that is used.
    elsewhere: (row, day) =>
      database
        .select({ path: entry.path, day: entry.day })
        .from(entry)
        .where(and(eq(entry.sourceId, row.id), gt(entry.capturedAt, Number.MIN_SAFE_INTEGER), ne(entry.day, day)))
        .all()
        .filter((e) => dayOf(e.path) === day),
    reports: ({ site, device, source }, destination) =>
      database
        .select({
          id: report.id,
          filter: report.filter,
          createdAt: report.createdAt,
          completedAt: sql<number>`coalesce(${report.completedAt}, ${report.createdAt})`,
          keptDays: keptDays.days,
          taken: report.taken,
          byDigest: sql<number>`${report.matchedByDigest} = json_extract(${report.figures}, '$.matched.count')`,
        })
        .from(report)
        .leftJoin(keptDays, eq(keptDays.reportId, report.id))
        .where(
          and(
            eq(report.left, JSON.stringify({ type: 'source', site, device, source })),
            eq(report.right, JSON.stringify({ type: 'destination', destination, site, device, source })),
            eq(report.state, 'completed'),
          ),
        )
        .orderBy(desc(report.createdAt), desc(sql`${report}.rowid`))
        .limit(REPORTS_MAX)
        .all()
        .map((row) => ({
          ...row,
          byDigest: row.byDigest === 1,
          keptDays: new Set<string>(JSON.parse(row.keptDays ?? '[]')),
        })),
    // A cross join keeps to this order: the day's entries first, each looked up in the report, which may hold very many.
    unmatched: (id, row, day) =>
      new Map(
        database
          .select({ path: unmatched.path, class: unmatched.class, cause: unmatched.cause })
          .from(entry)
          .crossJoin(unmatched)
          .where(and(ofDay(row, day), known(id, row)))
          .all()
          .map(({ path, ...found }) => [path, found]),
      ),
    unmatchedDays: (id, row) =>
      new Set(
        database
          .selectDistinct({ day: entry.day })
          .from(unmatched)
          .innerJoin(entry, known(id, row))
          .all()
          .map(({ day }) => day),
      ),
    last: (row, day) =>
      database
        .select({ figures: certifiedDay.figures, reports: certifiedDay.reports, whole: certifiedDay.whole })
        .from(certifiedDay)
        .where(at(row, day))
        .get(),
    keep(row, day, values) {
      database
        .insert(certifiedDay)
        .values({ sourceId: row.id, day, ...values })
        .onConflictDoUpdate({ target: [certifiedDay.sourceId, certifiedDay.day], set: values })
        .run();
    },
    atOnce: (read) => database.transaction(() => read()),
  };
}
