import type { Clock } from '@vigie/shared/kit/clock';
import { isFinal, type JobOrder, type JobState, jobOrder } from '@vigie/shared/protocol/messages';
import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Amount } from './deliveries.ts';
import { bytesOfColumn, countOf, type Ledger } from './ledger.ts';
import { type Takes, takesAll } from './left-out.ts';
import { asset, delivery, job, NEVER } from './schema.ts';

/** Where a job stands. `failed` counts assets that are gone or whose delivery needs another order. */
export type JobStanding = {
  order: JobOrder;
  state: JobState;
  total: Amount;
  done: Amount;
  failed: number;
  message: string | null;
};

/** What a job selects, told by its order after unpacking. */
export type Selected = { all: boolean; days: string[]; paths: string[] };

/** Re-sync jobs in the ledger. A job's deliveries carry its id; its progress is counted from them. */
export type Jobs = {
  find(id: string): JobStanding | undefined;
  open(): JobStanding[];
  /** Jobs that operators ordered of this device and that have changed since then; the newest 50. */
  ofOperators(since: number): JobStanding[];
  /** What a job would select, and how much of it its destination has proved to hold already. */
  measure(source: string, destination: string, selected: Selected): { total: Amount; verified: Amount; absent: number };
  /** Takes an order on: its assets are owed to its destination again, in the backfill lane. */
  begin(order: JobOrder, selected: Selected): JobStanding;
  /** Notes an order that is refused. */
  reject(order: JobOrder, state: 'REJECTED' | 'TIMED_OUT', message: string): JobStanding;
  /** Follows a newer version of the order: pause, run on, cancel. */
  follow(order: JobOrder): JobStanding;
  /** Sets the final state of a job that has nothing left to do, or whose time is over; returns those that ended. */
  settle(): JobStanding[];
};

const PORTION = 400;
const OPERATORS_MAX = 50;

/** @param takes what a destination's own filter leaves out is in no job */
export function createJobs(ledger: Ledger, clock: Clock, takes: Takes = takesAll): Jobs {
  const { database } = ledger;

  function standing(row: typeof job.$inferSelect): JobStanding {
    const counts = database
      .select({ state: delivery.state, count: countOf, bytes: bytesOfColumn(asset.size) })
      .from(delivery)
      .innerJoin(asset, eq(asset.id, delivery.assetId))
      .where(eq(delivery.jobId, row.id))
      .groupBy(delivery.state)
      .all();
    const of = (state: string) => counts.find((c) => c.state === state) ?? { count: 0, bytes: 0 };
    const done = of('verified');
    return {
      order: jobOrder.parse(JSON.parse(row.order)),
      state: row.state,
      total: { count: row.totalCount, bytes: row.totalBytes },
      done: { count: done.count, bytes: done.bytes },
      failed: row.absent + of('failed').count + (row.state === 'CANCELLED' ? 0 : of('withdrawn').count),
      message: row.message,
    };
  }
  const read = (id: string) => database.select().from(job).where(eq(job.id, id)).get();
  const set = (id: string, values: Partial<typeof job.$inferInsert>) =>
    database
      .update(job)
      .set({ ...values, updatedAt: clock.now() })
      .where(eq(job.id, id))
      .run();

  type Chosen = { id: number; path: string; size: number; capturedAt: number };
  function assetsOf(source: string, destination: string, { all, days, paths }: Selected): Chosen[] {
    const base = and(eq(asset.source, source), sql`${asset.state} = 'held'`, eq(asset.tree, 'result'));
    const columns = { id: asset.id, path: asset.path, size: asset.size, capturedAt: asset.capturedAt };
    const isTaken = ({ path }: Chosen) => takes(destination, path);
    if (all) return database.select(columns).from(asset).where(base).all().filter(isTaken);
    const found = new Map<number, Chosen>();
    const take = (where: ReturnType<typeof and>) => {
      for (const row of database.select(columns).from(asset).where(where).all()) found.set(row.id, row);
    };
    for (let i = 0; i < days.length; i += PORTION) take(and(base, inArray(asset.day, days.slice(i, i + PORTION))));
    for (let i = 0; i < paths.length; i += PORTION) take(and(base, inArray(asset.path, paths.slice(i, i + PORTION))));
    return [...found.values()].filter(isTaken);
  }

  return {
    find(id) {
      const row = read(id);
      return row && standing(row);
    },
    open: () =>
      database
        .select()
        .from(job)
        .where(inArray(job.state, ['QUEUED', 'RUNNING', 'PAUSED']))
        .all()
        .map(standing),
    ofOperators: (since) =>
      database
        .select()
        .from(job)
        .where(and(sql`json_extract(${job.order}, '$.origin') = 'operator'`, gt(job.updatedAt, since)))
        .orderBy(desc(job.updatedAt))
        .limit(OPERATORS_MAX)
        .all()
        .map(standing),
    measure(source, destination, selected) {
      const assets = assetsOf(source, destination, selected);
      const verified: Amount = { count: 0, bytes: 0 };
      for (let i = 0; i < assets.length; i += PORTION) {
        const ids = assets.slice(i, i + PORTION).map(({ id }) => id);
        const proved = database
          .select({ count: countOf, bytes: bytesOfColumn(asset.size) })
          .from(delivery)
          .innerJoin(asset, eq(asset.id, delivery.assetId))
          .where(and(inArray(asset.id, ids), eq(delivery.destination, destination), eq(delivery.state, 'verified')))
          .get();
        verified.count += proved?.count ?? 0;
        verified.bytes += proved?.bytes ?? 0;
      }
      const bytes = assets.reduce((sum, { size }) => sum + size, 0);
      return { total: { count: assets.length, bytes }, verified, absent: countMissing(source, destination, selected) };
    },
    begin(order, selected) {
      return database.transaction(() => {
        const { source, destination, replace } = order.selection;
        const assets = assetsOf(source, destination, selected);
        const now = clock.now();
        for (const { id, capturedAt } of assets) {
          const fresh = {
            state: 'pending' as const,
            lane: 'backfill' as const,
            attempts: 0,
            notBefore: 0,
            replace,
            jobId: order.id,
            errorCode: null,
            errorMessage: null,
            updatedAt: now,
          };
          database
            .insert(delivery)
            .values({ assetId: id, destination, capturedAt, ordered: true, ...fresh })
            // What is being sent at this moment goes on; its outcome counts for the job.
            .onConflictDoUpdate({
              target: [delivery.assetId, delivery.destination],
              set: {
                ...fresh,
                state: sql`case when state = 'sending' then 'sending' else 'pending' end`,
                ordered: sql`case when state in ('pending', 'sending') then ordered else 1 end`,
              },
            })
            .run();
        }
        const absent = countMissing(source, destination, selected);
        database
          .insert(job)
          .values({
            id: order.id,
            version: order.version,
            state: 'RUNNING',
            order: JSON.stringify(order),
            totalCount: assets.length + absent,
            totalBytes: assets.reduce((sum, a) => sum + a.size, 0),
            absent,
            updatedAt: now,
          })
          .run();
        return standing(read(order.id) as typeof job.$inferSelect);
      });
    },
    reject(order, state, message) {
      const values = { id: order.id, version: order.version, state, order: JSON.stringify(order), message };
      database
        .insert(job)
        .values({ ...values, updatedAt: clock.now() })
        .run();
      return standing(read(order.id) as typeof job.$inferSelect);
    },
    follow(order) {
      return database.transaction(() => {
        const row = read(order.id) as typeof job.$inferSelect;
        if (order.version > row.version && !isFinal(row.state)) {
          const waiting = and(eq(delivery.jobId, order.id), inArray(delivery.state, ['pending', 'failed']));
          const later = (notBefore: number) => database.update(delivery).set({ notBefore }).where(waiting).run();
          let state: JobState = row.state;
          if (order.want === 'pause') {
            later(NEVER);
            state = 'PAUSED';
          } else if (order.want === 'run') {
            later(0);
            state = 'RUNNING';
          } else {
            const message = `re-sync cancelled by ${order.by}`;
            database
              .update(delivery)
              .set({ state: 'withdrawn', errorCode: 'cancelled', errorMessage: message, updatedAt: clock.now() })
              .where(and(waiting, eq(delivery.ordered, true)))
              .run();
            // What was owed before anybody ordered it is owed still.
            database
              .update(delivery)
              .set({ state: 'pending', jobId: null, notBefore: 0, replace: false, updatedAt: clock.now() })
              .where(waiting)
              .run();
            state = 'CANCELLED';
          }
          // The hub may take over what an operator began here: it stays an operator's.
          const { origin } = jobOrder.parse(JSON.parse(row.order));
          const followed = { ...order, ...(origin && { origin }) };
          set(order.id, { version: order.version, state, order: JSON.stringify(followed) });
        }
        return standing(read(order.id) as typeof job.$inferSelect);
      });
    },
    settle() {
      return this.open().flatMap((standing) => {
        const { order, total, done, failed } = standing;
        const over = clock.now() > order.expiresAt;
        const rest = total.count - done.count - failed;
        // What a later job names too goes with that one, and nothing of this one may be left.
        const replaced = rest > 0 && !isUnderWay(order.id);
        if (rest > 0 && !over && !replaced) return [];
        const ending: JobState = failed > 0 ? 'FAILED' : 'SUCCEEDED';
        const state: JobState = replaced ? 'CANCELLED' : rest > 0 ? 'TIMED_OUT' : ending;
        const message = replaced
          ? `a later re-sync has taken over ${rest} of ${total.count}`
          : failed > 0
            ? `${failed} of ${total.count} could not be delivered`
            : null;
        database.transaction(() => {
          set(order.id, { state, message });
          // Nobody can run on what has ended: what its pause held back is owed as before.
          if (state === 'TIMED_OUT') runOn(order.id);
        });
        return [{ ...standing, state, message }];
      });
    },
  };

  /** Deliveries that a pause of this job held back are due. */
  function runOn(id: string): void {
    const held = and(
      eq(delivery.jobId, id),
      inArray(delivery.state, ['pending', 'failed']),
      eq(delivery.notBefore, NEVER),
    );
    database.update(delivery).set({ notBefore: 0 }).where(held).run();
  }

  /** Is there a delivery that this job still waits for? */
  function isUnderWay(id: string): boolean {
    const open = inArray(delivery.state, ['pending', 'sending']);
    const where = and(eq(delivery.jobId, id), open);
    return database.select({ id: delivery.assetId }).from(delivery).where(where).limit(1).get() !== undefined;
  }

  /** How many of the single paths are not held, or not taken there. */
  function countMissing(source: string, destination: string, { paths }: Selected): number {
    let found = 0;
    for (let i = 0; i < paths.length; i += PORTION) {
      found += assetsOf(source, destination, { all: false, days: [], paths: paths.slice(i, i + PORTION) }).length;
    }
    return paths.length - found;
  }
}
