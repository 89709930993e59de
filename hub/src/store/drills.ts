import { randomBytes } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import type { DrillFigures } from '@vigie/shared/protocol/drill';
import { drillFigures } from '@vigie/shared/protocol/drill';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import { and, desc, eq, gte, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { drill, job, report, unmatched } from './schema.ts';
import type { Store } from './store.ts';

export type DrillRow = typeof drill.$inferSelect;
type Chosen = { [K in keyof DeviceAddress]?: string | undefined };

/** The newest report of a pair since an instant, and how many there were since. */
export type PairReport = {
  id: string;
  state: (typeof report.$inferSelect)['state'];
  createdAt: number;
  completedAt: number | null;
  /** Will a re-sync of what can be mended follow it, or has one? */
  willMend: boolean;
  hasOpenJobs: boolean;
  /** Assets of the source that are not soundly at the destination; `waiting` of them are on their way. */
  missing: number;
  waiting: number;
  count: number;
};

/** Outage drills, as ordered and as they went. */
export type DrillStore = {
  create(values: Pick<DrillRow, 'site' | 'device' | 'by' | 'atDevice' | 'forMs' | 'state'> & { id?: string }): DrillRow;
  find(id: string): DrillRow | undefined;
  /** The newest first. */
  list(chosen: Chosen, limit: number): { total: number; rows: DrillRow[] };
  /** Those that have not ended. */
  open(): DrillRow[];
  openOf(address: DeviceAddress): DrillRow | undefined;
  change(id: string, values: Partial<DrillRow>): DrillRow;
  /** The newest report of two sides, as the hub writes them, that was created since. */
  reportSince(left: string, right: string, since: number): PairReport | undefined;
};

const KEPT_MAX = 1_000;
const OPEN_JOB = ['QUEUED', 'RUNNING', 'PAUSED'] as const;

export const figuresOf = ({ told }: DrillRow): DrillFigures | null =>
  told === null ? null : drillFigures.parse(JSON.parse(told));

export function createDrillStore({ database }: Store, clock: Clock): DrillStore {
  const chosenBy = ({ site, device }: Chosen) =>
    and(
      site === undefined ? undefined : eq(drill.site, site),
      device === undefined ? undefined : eq(drill.device, device),
    );

  // Prepared once: they are asked each second, and of each device.
  const open = database.select().from(drill).where(isNull(drill.endedAt)).prepare();

  return {
    create({ id = `drill-${randomBytes(6).toString('hex')}`, ...values }) {
      return database.transaction(() => {
        const old = database.select({ id: drill.id }).from(drill).orderBy(desc(drill.orderedAt)).limit(KEPT_MAX);
        database
          .delete(drill)
          .where(and(isNotNull(drill.endedAt), inArray(drill.id, old.offset(KEPT_MAX - 1))))
          .run();
        return database
          .insert(drill)
          .values({ id, ...values, orderedAt: clock.now() })
          .returning()
          .get();
      });
    },
    find: (id) => database.select().from(drill).where(eq(drill.id, id)).get(),
    list: (chosen, limit) => ({
      total: database.select({ total: sql<number>`count(*)` }).from(drill).where(chosenBy(chosen)).get()?.total ?? 0,
      rows: database.select().from(drill).where(chosenBy(chosen)).orderBy(desc(drill.orderedAt)).limit(limit).all(),
    }),
    open: () => open.all(),
    openOf: ({ site, device }) => open.all().find((row) => row.site === site && row.device === device),
    change: (id, values) => database.update(drill).set(values).where(eq(drill.id, id)).returning().get() as DrillRow,
    reportSince(left, right, since) {
      const rows = database
        .select()
        .from(report)
        .where(
          and(eq(report.left, left), eq(report.right, right), eq(report.filter, '{}'), gte(report.createdAt, since)),
        )
        .orderBy(desc(report.createdAt), desc(sql`rowid`))
        .all();
      const [newest] = rows;
      if (!newest) return undefined;
      const { id, state, createdAt, completedAt, sync, mendableCount } = newest;
      const lost = and(eq(unmatched.reportId, id), inArray(unmatched.class, ['missing', 'differing', 'corrupt']));
      const counted = database
        .select({
          missing: sql<number>`count(*)`,
          waiting: sql<number>`coalesce(sum(${unmatched.action} = 'wait'), 0)`,
        })
        .from(unmatched)
        .where(lost)
        .get();
      const openJob = database
        .select({ id: job.id })
        .from(job)
        .where(and(eq(job.reportId, id), inArray(job.state, [...OPEN_JOB])))
        .get();
      return {
        ...{ id, state, createdAt, completedAt, count: rows.length },
        willMend: sync && mendableCount > 0,
        hasOpenJobs: openJob !== undefined,
        missing: counted?.missing ?? 0,
        waiting: counted?.waiting ?? 0,
      };
    },
  };
}
