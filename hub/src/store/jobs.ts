import { randomBytes } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { isFinal, type JobOrder, type Message, resyncSelection } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { agree } from './agree.ts';
import { job } from './schema.ts';
import type { Store } from './store.ts';

export type JobRow = typeof job.$inferSelect;
export type NewJob = Pick<JobRow, 'site' | 'device' | 'by' | 'reportId'> & {
  selection: JobOrder['selection'];
  total: { count: number; bytes: number };
  expiresAt: number;
};

/** Re-sync jobs, as ordered and as their devices have answered. */
export type JobStore = {
  create(job: NewJob): JobRow;
  find(id: string): JobRow | undefined;
  recent(limit: number): JobRow[];
  ofReport(reportId: string): JobRow[];
  /** All that are not at their end, the oldest first. */
  open(): JobRow[];
  /** What the device should still work on, as it goes to `job/next`. */
  openOrders(address: DeviceAddress): JobOrder[];
  order(id: string, want: JobRow['want'], by: string): JobRow;
  /**
   * Takes over a job that an operator ordered of the device itself, whose clock showed `toldAt` when it said so. Undefined where
   * the id is known or too many are open.
   */
  adopt(address: DeviceAddress, order: JobOrder, toldAt: number): JobRow | undefined;
  /** What the device says. Undefined where it names no job of its own, or one that has ended. */
  update(address: DeviceAddress, update: Message<'job/update'>): JobRow | undefined;
  /** Jobs whose time is over while their device said nothing. */
  expire(): JobRow[];
};

const OPEN = ['QUEUED', 'RUNNING', 'PAUSED'] as const;
/** A device that tells of more jobs of operators than it may have open is not believed. */
const ADOPTED_OPEN_MAX = 32;
/** A device ends an expired job itself, and tells so. */
const EXPIRY_GRACE_MS = 60_000;

export function createJobStore({ database }: Store, clock: Clock): JobStore {
  const find = (id: string) => database.select().from(job).where(eq(job.id, id)).get();
  const change = (id: string, values: Partial<JobRow>): JobRow =>
    database
      .update(job)
      .set({ ...values, updatedAt: clock.now() })
      .where(eq(job.id, id))
      .returning()
      .get() as JobRow;

  // Prepared once: it is asked each second.
  const overdue = database
    .select({ id: job.id })
    .from(job)
    .where(and(inArray(job.state, [...OPEN]), lt(job.expiresAt, sql.placeholder('before'))))
    .prepare();

  return {
    create({ selection, total, ...rest }) {
      const now = clock.now();
      return database
        .insert(job)
        .values({
          ...rest,
          id: `resync-${randomBytes(6).toString('hex')}`,
          version: 1,
          want: 'run',
          state: 'QUEUED',
          source: selection.source,
          destination: selection.destination,
          selection: JSON.stringify(selection),
          totalCount: total.count,
          totalBytes: total.bytes,
          createdAt: now,
          updatedAt: now,
        })
        .returning()
        .get();
    },
    find,
    recent: (limit) => database.select().from(job).orderBy(desc(job.createdAt)).limit(limit).all(),
    ofReport: (reportId) => database.select().from(job).where(eq(job.reportId, reportId)).orderBy(job.createdAt).all(),
    open: () =>
      database
        .select()
        .from(job)
        .where(inArray(job.state, [...OPEN]))
        .orderBy(job.createdAt)
        .all(),
    openOrders: ({ site, device }) =>
      database
        .select()
        .from(job)
        .where(and(eq(job.site, site), eq(job.device, device), inArray(job.state, [...OPEN])))
        .orderBy(job.createdAt)
        .limit(16)
        .all()
        .map((row) => ({
          id: row.id,
          type: 'resync' as const,
          version: row.version,
          want: row.want,
          createdAt: row.createdAt,
          expiresAt: row.expiresAt,
          by: row.by,
          selection: resyncSelection.parse(JSON.parse(row.selection)),
        })),
    order(id, want, by) {
      const row = find(id);
      if (!row) throw new VigieError('not-found', `job "${id}": there is none`);
      if (isFinal(row.state)) throw new VigieError('conflict', `job "${id}": it has ended (${row.state})`);
      if (row.want === want) return row;
      return change(id, { want, by, version: row.version + 1 });
    },
    adopt({ site, device }, { id, version, want, by, selection, ...order }, toldAt) {
      if (find(id)) return undefined;
      const open = and(eq(job.site, site), eq(job.device, device), inArray(job.state, [...OPEN]));
      if (
        database.select({ id: job.id }).from(job).where(open).limit(ADOPTED_OPEN_MAX).all().length >= ADOPTED_OPEN_MAX
      )
        return undefined;
      const { source, destination } = selection;
      // Its times are by the device's clock, which may be wrong: what is left of them is not.
      const now = clock.now();
      const createdAt = now - Math.max(0, toldAt - order.createdAt);
      const expiresAt = now + (order.expiresAt - toldAt);
      return database
        .insert(job)
        .values({
          ...{ id, site, device, version, want, by, createdAt, expiresAt, source, destination },
          reportId: null,
          state: 'QUEUED',
          selection: JSON.stringify(selection),
          totalCount: 0,
          totalBytes: 0,
          updatedAt: clock.now(),
        })
        .returning()
        .get();
    },
    update({ site, device }, { id, state, expectedVersion, total, done, failed, message }) {
      const row = find(id);
      if (!row || row.site !== site || row.device !== device || isFinal(row.state)) return undefined;
      // An answer to an older version of the order is progress, but not yet what was ordered.
      const { version, want, stands } = agree(row, { state, expectedVersion });
      return change(id, {
        ...(stands && { state }),
        version,
        want,
        totalCount: total.count,
        totalBytes: total.bytes,
        doneCount: done.count,
        doneBytes: done.bytes,
        failed,
        message,
        ...(isFinal(state) && { completedAt: clock.now() }),
      });
    },
    expire() {
      return overdue
        .all({ before: clock.now() - EXPIRY_GRACE_MS })
        .map(({ id }) =>
          change(id, { state: 'TIMED_OUT', completedAt: clock.now(), message: 'the device did not end it in time' }),
        );
    },
  };
}
