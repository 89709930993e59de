import type { Clock } from '@vigie/shared/kit/clock';
import { isFinal, type JobOrder, type JobState, jobOrder } from '@vigie/shared/protocol/messages';
import { and, desc, eq, gt, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type { Amount } from './deliveries.ts';
import { createJobHolding, type Held, NOTHING_HELD } from './job-holding.ts';
import { type Chosen, type Cursor, createJobSelection, type Selected, withoutRepeats } from './job-selection.ts';
import type { Ledger } from './ledger.ts';
import { type Takes, takesAll } from './left-out.ts';
import { delivery, job, jobTally, NEVER } from './schema.ts';

/**
 * Where a job stands. `failed` counts assets that are gone or whose delivery needs another order. `total` grows while a large job begins.
 */
export type JobStanding = {
  order: JobOrder;
  state: JobState;
  total: Amount;
  done: Amount;
  failed: number;
  message: string | null;
};

/**
 * Re-sync jobs in the ledger. A job's deliveries carry its id; its progress is counted from them. Whatever concerns many deliveries is done
 * in portions of about `PORTION_MS`, the first of them at once: a power cut between two of them is gone on from.
 */
export type Jobs = {
  find(id: string): JobStanding | undefined;
  open(): JobStanding[];
  /** Jobs that operators ordered of this device and that have changed since then; the newest 50. */
  ofOperators(since: number): JobStanding[];
  /** What a job would select, and how much of it its destination has proved to hold already. */
  measure(
    source: string,
    destination: string,
    selected: Selected,
    between: () => Promise<unknown>,
  ): Promise<{ total: Amount; verified: Amount; absent: number }>;
  /** Takes an order on: its assets are owed to its destination again, in the backfill lane. */
  begin(order: JobOrder, selected: Selected): JobStanding;
  /** Notes an order that is refused. */
  reject(order: JobOrder, state: 'REJECTED' | 'TIMED_OUT', message: string): JobStanding;
  /** Follows a newer version of the order: pause, run on, cancel. */
  follow(order: JobOrder): JobStanding;
  /** Sets the final state of a job that has nothing left to do, or whose time is over; returns those that ended. */
  settle(): JobStanding[];
  /** The order of a job of which a portion is left to do. */
  unfinished(): JobOrder | undefined;
  /** Does the next portion of it. */
  advance(id: string, selected: Selected): void;
};

/** A portion keeps everything else waiting for about so long. */
const PORTION_MS = 15;
/** So many parts are in a portion at most, whatever the clock says. */
const PARTS_MAX = 50;
const OPERATORS_MAX = 50;
const OPEN: JobState[] = ['QUEUED', 'RUNNING', 'PAUSED'];

/** @param takes what a destination's own filter leaves out is in no job */
export function createJobs(ledger: Ledger, clock: Clock, takes: Takes = takesAll): Jobs {
  const { database } = ledger;
  type Row = typeof job.$inferSelect;
  const selection = createJobSelection(ledger, takes);
  const hold = createJobHolding(ledger);
  const statements = jobStatements(ledger);

  function standing(row: Row): JobStanding {
    const counts = statements.counts.all({ id: row.id });
    const of = (state: string) => counts.find((c) => c.state === state) ?? { count: 0, bytes: 0 };
    const done = of('verified');
    return {
      order: orderOf(row),
      state: row.state,
      total: { count: row.totalCount, bytes: row.totalBytes },
      done: { count: done.count, bytes: done.bytes },
      failed: row.absent + of('failed').count + (row.state === 'CANCELLED' ? 0 : of('withdrawn').count),
      message: row.message,
    };
  }
  const orderOf = (row: Row): JobOrder => jobOrder.parse(JSON.parse(row.order));
  const read = (id: string) => database.select().from(job).where(eq(job.id, id)).get();
  const known = (id: string) => read(id) as Row;
  const set = (id: string, values: Partial<typeof job.$inferInsert>) =>
    database
      .update(job)
      .set({ ...values, updatedAt: clock.now() })
      .where(eq(job.id, id))
      .run();

  /** Runs parts until the portion's time is over, or there is none left. */
  function portion<Where>(from: Where, part: (where: Where) => Where | undefined): Where | undefined {
    const until = clock.monotonic() + PORTION_MS;
    let where: Where | undefined = from;
    for (let n = 0; where !== undefined && n < PARTS_MAX && clock.monotonic() < until + (n === 0 ? 1 : 0); n++) {
      where = part(where);
    }
    return where;
  }

  /** The next portion of a job: what its state means for its deliveries goes before what it selects besides. */
  function goOn(row: Row, selected: Selected): void {
    if (row.holding !== null) {
      const { by } = orderOf(row);
      const followed = { id: row.id, state: row.state, message: `re-sync cancelled by ${by}` };
      const holding = portion(JSON.parse(row.holding) as Held, (held) => hold(followed, held, clock.now()));
      set(row.id, { holding: holding ? JSON.stringify(holding) : null });
    } else if (row.selecting !== null) {
      const order = orderOf(row);
      const notBefore = row.state === 'PAUSED' ? NEVER : 0;
      const names = withoutRepeats(selected);
      let { totalCount, totalBytes, absent } = row;
      const cursor = portion(JSON.parse(row.selecting) as Cursor, (from) => {
        const part = selection.part(order.selection, names, from);
        for (const chosen of part.assets) owe(order, chosen, notBefore);
        totalCount += part.assets.length + part.absent;
        totalBytes += bytesOf(part.assets);
        absent += part.absent;
        return part.cursor;
      });
      set(row.id, { totalCount, totalBytes, absent, selecting: cursor ? JSON.stringify(cursor) : null });
    }
  }

  function owe({ id: jobId, selection: { destination, replace } }: JobOrder, chosen: Chosen, notBefore: number): void {
    const { id: assetId, capturedAt, sort } = chosen;
    statements.order.run({ assetId, destination, capturedAt, sort, replace, jobId, notBefore, now: clock.now() });
  }

  return {
    find(id) {
      const row = read(id);
      return row && standing(row);
    },
    open: () => database.select().from(job).where(inArray(job.state, OPEN)).all().map(standing),
    ofOperators: (since) =>
      database
        .select()
        .from(job)
        .where(and(sql`json_extract(${job.order}, '$.origin') = 'operator'`, gt(job.updatedAt, since)))
        .orderBy(desc(job.updatedAt))
        .limit(OPERATORS_MAX)
        .all()
        .map(standing),
    async measure(source, destination, selected, between) {
      const names = withoutRepeats(selected);
      const total: Amount = { count: 0, bytes: 0 };
      const verified: Amount = { count: 0, bytes: 0 };
      let absent = 0;
      for (let cursor: Cursor | undefined = selection.first(); cursor; ) {
        cursor = portion(cursor, (from) => {
          const part = selection.part({ source, destination }, names, from);
          add(total, part.assets);
          add(
            verified,
            part.assets.filter((chosen) => chosen.delivery === 'verified'),
          );
          absent += part.absent;
          return part.cursor;
        });
        if (cursor) await between();
      }
      return { total, verified, absent };
    },
    begin(order, selected) {
      return database.transaction(() => {
        const values = {
          id: order.id,
          version: order.version,
          state: 'RUNNING' as const,
          order: JSON.stringify(order),
        };
        const selecting = JSON.stringify(selection.first());
        database
          .insert(job)
          .values({ ...values, selecting, updatedAt: clock.now() })
          .run();
        goOn(known(order.id), selected);
        return standing(known(order.id));
      });
    },
    reject(order, state, message) {
      const values = { id: order.id, version: order.version, state, order: JSON.stringify(order), message };
      database
        .insert(job)
        .values({ ...values, updatedAt: clock.now() })
        .run();
      return standing(known(order.id));
    },
    follow(order) {
      return database.transaction(() => {
        const row = known(order.id);
        if (order.version > row.version && !isFinal(row.state)) {
          const state = order.want === 'pause' ? 'PAUSED' : order.want === 'run' ? 'RUNNING' : 'CANCELLED';
          // The hub may take over what an operator began here: it stays an operator's.
          const { origin } = orderOf(row);
          const followed = { ...order, ...(origin && { origin }) };
          set(order.id, {
            ...{
              version: order.version,
              state,
              order: JSON.stringify(followed),
              holding: JSON.stringify(NOTHING_HELD),
            },
            ...(isFinal(state) && { selecting: null }),
          });
          goOn(known(order.id), NONE);
        }
        return standing(known(order.id));
      });
    },
    settle() {
      const rows = database.select().from(job).where(inArray(job.state, OPEN)).all();
      return rows.flatMap((row) => {
        const now = standing(row);
        const { order, total, done, failed } = now;
        const over = clock.now() > order.expiresAt;
        // What it has not come to yet may be anything.
        if (row.selecting !== null && !over) return [];
        const rest = total.count - done.count - failed;
        // What a later job names too goes with that one, and nothing of this one may be left.
        const replaced = rest > 0 && !isUnderWay(order.id);
        if (rest > 0 && !over && !replaced) return [];
        const isCut = row.selecting !== null;
        const ending: JobState = failed > 0 ? 'FAILED' : 'SUCCEEDED';
        const state: JobState = isCut ? 'TIMED_OUT' : replaced ? 'CANCELLED' : rest > 0 ? 'TIMED_OUT' : ending;
        const message =
          replaced && !isCut
            ? `a later re-sync has taken over ${rest} of ${total.count}`
            : failed > 0
              ? `${failed} of ${total.count} could not be delivered`
              : null;
        database.transaction(() => {
          // Nobody can run on what has ended: what its pause held back is owed as before.
          const holding = state === 'TIMED_OUT' ? JSON.stringify(NOTHING_HELD) : null;
          set(order.id, { state, message, selecting: null, holding });
          goOn(known(order.id), NONE);
        });
        return [{ ...now, state, message }];
      });
    },
    unfinished() {
      const row = database
        .select()
        .from(job)
        .where(or(isNotNull(job.holding), isNotNull(job.selecting)))
        .limit(1)
        .get();
      return row && orderOf(row);
    },
    advance(id, selected) {
      database.transaction(() => goOn(known(id), selected));
    },
  };

  /** Is there a delivery that this job still waits for? */
  function isUnderWay(id: string): boolean {
    return statements.counts
      .all({ id })
      .some(({ state, count }) => count > 0 && ['pending', 'sending'].includes(state));
  }
}

const NONE: Selected = { all: false, days: [], paths: [] };
const bytesOf = (assets: readonly Chosen[]): number => assets.reduce((sum, { size }) => sum + size, 0);

function add(amount: Amount, assets: readonly Chosen[]): void {
  amount.count += assets.length;
  amount.bytes += bytesOf(assets);
}

function jobStatements({ database }: Ledger) {
  const given = (name: string) => sql.placeholder(name);
  return {
    counts: database
      .select()
      .from(jobTally)
      .where(eq(jobTally.jobId, given('id')))
      .prepare(),
    order: database
      .insert(delivery)
      .values({
        ...{ assetId: given('assetId'), destination: given('destination'), state: 'pending', lane: 'backfill' },
        ...{ capturedAt: given('capturedAt'), sort: given('sort'), ordered: true, replace: given('replace') },
        ...{ jobId: given('jobId'), notBefore: given('notBefore'), updatedAt: given('now') },
      })
      .onConflictDoUpdate({
        target: [delivery.assetId, delivery.destination],
        set: {
          // What is being sent at this moment goes on; its outcome counts for the job.
          state: sql`case when state = 'sending' then 'sending' else 'pending' end`,
          ordered: sql`case when state in ('pending', 'sending') then ordered else 1 end`,
          ...{ lane: 'backfill', attempts: 0, errorCode: null, errorMessage: null },
          ...{ sort: sql`excluded.sort`, notBefore: sql`excluded.not_before`, replace: sql`excluded.replace` },
          ...{ jobId: sql`excluded.job_id`, updatedAt: sql`excluded.updated_at` },
        },
      })
      .prepare(),
  };
}
