import type { JobState } from '@vigie/shared/protocol/messages';
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { delivery, NEVER } from './schema.ts';

/** How far a job's deliveries are brought in line with its state: first those that are pending, then those that failed. */
export type Held = { state: 'pending' | 'failed'; after: number };
export const NOTHING_HELD: Held = { state: 'pending', after: 0 };

/** A job as far as its deliveries have to follow it. */
export type Followed = { id: string; state: JobState; message: string };

/** Brings a job's deliveries in line with its state, part by part; undefined behind the last one. */
export type JobHolding = (job: Followed, held: Held, now: number) => Held | undefined;

const PART = 100;

export function createJobHolding({ database }: Ledger): JobHolding {
  const given = (name: string) => sql.placeholder(name);
  const rowid = sql<number>`${delivery}.rowid`;
  const waiting = and(eq(delivery.jobId, given('id')), eq(delivery.state, given('state')), gt(rowid, given('after')));
  const next = database.select({ rowid }).from(delivery).where(waiting).orderBy(asc(rowid)).limit(PART).prepare();
  const these = and(waiting, lte(rowid, given('last')));
  const now = sql`${given('now')}`;
  const tried = (notBefore: number) => database.update(delivery).set({ notBefore }).where(these).prepare();
  const paused = tried(NEVER);
  const runs = tried(0);
  /** Nobody can run on what has ended: what its pause held back is owed as before. */
  const isOver = database
    .update(delivery)
    .set({ notBefore: 0 })
    .where(and(these, eq(delivery.notBefore, NEVER)))
    .prepare();
  const withdrawn = database
    .update(delivery)
    .set({ state: 'withdrawn', errorCode: 'cancelled', errorMessage: sql`${given('message')}`, updatedAt: now })
    .where(and(these, eq(delivery.ordered, true)))
    .prepare();
  /** What was owed before anybody ordered it is owed still. */
  const owedStill = database
    .update(delivery)
    .set({ state: 'pending', jobId: null, notBefore: 0, replace: false, updatedAt: now })
    .where(these)
    .prepare();

  return ({ id, state, message }, held, at) => {
    const rows = next.all({ id, ...held });
    const last = rows.at(-1)?.rowid;
    if (last !== undefined) {
      const those = { id, ...held, last };
      if (state === 'PAUSED') paused.run(those);
      else if (state === 'CANCELLED') {
        withdrawn.run({ ...those, message, now: at });
        owedStill.run({ ...those, now: at });
      } else (state === 'RUNNING' ? runs : isOver).run(those);
    }
    if (rows.length === PART && last !== undefined) return { ...held, after: last };
    return held.state === 'pending' ? { state: 'failed', after: 0 } : undefined;
  };
}
