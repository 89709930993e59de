import type { Clock } from '@vigie/shared/kit/clock';
import type { Receipt } from '@vigie/shared/remote/remote-folder';
import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Gate } from '../deliver/limits/gate.ts';
import type { AssetRow } from './assets.ts';
import { backToQueue } from './back-to-queue.ts';
import { firstOf, type Queue, queueOf, ranked } from './delivery-queues.ts';
import { deliveryStatements, due } from './delivery-statements.ts';
import type { Ledger } from './ledger.ts';
import { leftOut, type Takes, takesAll } from './left-out.ts';
import type { NewEvent, Outbox } from './outbox.ts';
import { asset, delivery, NEVER, tally } from './schema.ts';

export type Lane = 'live' | 'backfill';
export type Amount = { count: number; bytes: number };

/** A delivery that a worker has claimed, with what it needs to carry it out. */
export type Claimed = AssetRow & { lane: Lane; attempts: number; replace: boolean; thinned: boolean } & {
  /** The re-sync that ordered it. */
  resync: string | null;
};

/** Deliveries: one for each asset and destination, kept in the ledger. */
export type Deliveries = {
  /** Owes a new asset to all destinations of its source; inside the transaction that files it. */
  owe(row: AssetRow): void;
  /** The next delivery that is due in one of these lanes, now in state sending; undefined also where `fits` does not take the next one. */
  claim(destination: string, lanes: Lane[], fits?: (next: Claimed) => boolean): Claimed | undefined;
  /**
   * As many as `takes` takes, at most `max`, in the lanes' order; a lane ends at the first that it does not. `takes` is told what has
   * been claimed before.
   */
  claimAll(
    destination: string,
    lanes: Lane[],
    takes: (next: Claimed, before: readonly Claimed[]) => boolean,
    max: number,
  ): Claimed[];
  /** One transaction for several of these: all of it is on disk when this returns, or nothing of it. */
  together<T>(work: () => T): T;
  /** Proof is there. */
  verified(claimed: Claimed, destination: string, receipt: Receipt): void;
  /** The same for several, in a transaction that is there. */
  verifiedAll(destination: string, proofs: readonly Proved[]): void;
  /** Back to the queue. `attempted` counts it as a failed attempt of this very asset. */
  release(claimed: Claimed, destination: string, options: { notBefore: number; attempted: Failure | undefined }): void;
  /** Only another order or an operator can mend this; it is tried again rarely. */
  failed(claimed: Claimed, destination: string, failure: Failure, notBefore: number): void;
  withdraw(assetId: number, reason: string): void;
  /** When the next one becomes due, or undefined when none waits. */
  nextDueAt(destination: string): number | undefined;
  backlog(source: string, destination: string): Amount;
  verifiedAmount(source: string, destination: string): Amount;
  oldestAt(source: string, destination: string): number | undefined;
  /** Everything that failed may be tried at once. */
  retryFailed(source?: string, destination?: string): number;
  standing(assetId: number, destination: string): DeliveryStanding | undefined;
  /** Owes what is held already to a destination that has no delivery for it. */
  oweExisting(source: string, destination: string): number;
  /** The machine's clock was set: what was put off by the wrong one may be due by now. */
  clockSet(): void;
};
export type Proved = { claimed: Claimed; receipt: Receipt };
/** Where one delivery stands. */
export type DeliveryStanding = Pick<
  typeof delivery.$inferSelect,
  'state' | 'attempts' | 'notBefore' | 'errorCode' | 'errorMessage' | 'updatedAt'
>;
export type Failure = { code: string; message: string };

/** No failure of a delivery that may still go makes it wait longer. */
const RETRY_MAX_MS = 3_600_000;

const LEAVE_BEHIND_EVERY_MS = 1_000;

/** How long a fresh picture belongs to the live lane: after that an outage has left it behind. */
export const LIVE_FOR_MS = 10 * 60_000;

export function createDeliveries(options: {
  ledger: Ledger;
  outbox: Outbox;
  clock: Clock;
  destinationsOf: (source: string) => readonly string[];
  /** Does the destination's own filter let through what lies under this path? */
  takes?: Takes;
  /** What holds assets back from a destination for some hours. */
  gateOf?: (destination: string) => Gate | undefined;
}): Deliveries {
  const { ledger, outbox, clock, destinationsOf, takes = takesAll, gateOf = () => undefined } = options;
  const { database, sqlite } = ledger;
  const statements = deliveryStatements(ledger);
  const inOne = sqlite.transaction((work: () => unknown) => work()) as <T>(work: () => T) => T;
  const at = (assetId: number, destination: string) =>
    and(eq(delivery.assetId, assetId), eq(delivery.destination, destination));
  const amount = (source: string, destination: string, states: string[]): Amount =>
    database
      .select({
        count: sql<number>`coalesce(sum(${tally.count}), 0)`,
        bytes: sql<number>`coalesce(sum(${tally.bytes}), 0)`,
      })
      .from(tally)
      .where(and(eq(tally.source, source), eq(tally.destination, destination), inArray(tally.state, states)))
      .get() ?? { count: 0, bytes: 0 };
  const leftBehindAt = new Map<string, number>();
  const idsOf = (source: string) => database.select({ id: asset.id }).from(asset).where(eq(asset.source, source));

  const queuesOf = (destination: string): Queue[] => statements.queues(destination).map(queueOf);

  /** Until when all of a queue has to wait by the destination's hours. */
  const heldUntil = (destination: string, queue: Queue): number | undefined =>
    gateOf(destination)?.heldUntil(queue, queue.thinned, clock.now());

  /** The next ones of a lane that may go now, in its order. */
  function nextOnes(destination: string, lane: Lane, limit: number): Claimed[] {
    const open = queuesOf(destination).filter((queue) => heldUntil(destination, queue) === undefined);
    const found: Claimed[] = [];
    for (const queues of ranked(open, lane)) {
      const rest = limit - found.length;
      if (rest <= 0) break;
      const lists = queues.map(({ name: queue }) =>
        statements.next[lane]
          .all({ destination, queue, limit: rest })
          .map(({ asset: row, delivery: { attempts, replace, thinned, jobId: resync } }) => {
            return { ...row, lane, attempts, replace, thinned, resync };
          }),
      );
      found.push(...firstOf(lists, lane, rest));
    }
    return found;
  }

  /** What has waited too long in the live lane belongs to the backlog. Looked for once in a while: it costs more the more is fresh. */
  function leaveBehind(destination: string): void {
    const now = clock.now();
    const before = leftBehindAt.get(destination);
    if (before !== undefined && now >= before && now < before + LEAVE_BEHIND_EVERY_MS) return;
    leftBehindAt.set(destination, now);
    statements.leaveBehind.run({ destination, before: now - LIVE_FOR_MS });
  }

  /** Whatever waits longer than a failure makes it wait is looked at anew. */
  function waitNoLonger(): void {
    // The first condition is that of the index: whatever is not put off is not looked at.
    const tooLong = and(
      sql`${delivery.notBefore} > 0`,
      gt(delivery.notBefore, clock.now() + RETRY_MAX_MS),
      lt(delivery.notBefore, NEVER),
    );
    database.update(delivery).set({ notBefore: 0 }).where(and(due, tooLong)).run();
  }
  // Limits may be others than before.
  waitNoLonger();

  return {
    owe(row) {
      for (const destination of destinationsOf(row.source)) {
        const isTaken = takes(destination, row.path);
        database
          .insert(delivery)
          .values({
            assetId: row.id,
            destination,
            ...(isTaken ? { state: 'pending' } : leftOut(destination)),
            lane: clock.now() - row.createdAt > LIVE_FOR_MS ? 'backfill' : 'live',
            capturedAt: row.capturedAt,
            sort: `${row.source}/${row.kind}`,
            thinned: (isTaken && gateOf(destination)?.thins(row)) ?? false,
            updatedAt: clock.now(),
          })
          .onConflictDoNothing()
          .run();
      }
    },
    claimAll(destination, lanes, takes, max) {
      const claims: Claimed[] = [];
      leaveBehind(destination);
      statements.takeUp.run({ destination, now: clock.now() });
      for (const lane of lanes) {
        for (const row of nextOnes(destination, lane, Math.max(0, max - claims.length))) {
          if (!takes(row, claims)) break;
          statements.sending.run({ assetId: row.id, destination });
          claims.push(row);
        }
      }
      return claims;
    },
    together: inOne,
    claim(destination, lanes, fits = () => true) {
      return inOne(() => {
        leaveBehind(destination);
        statements.takeUp.run({ destination, now: clock.now() });
        for (const lane of lanes) {
          const [claimed] = nextOnes(destination, lane, 1);
          if (!claimed || !fits(claimed)) continue;
          statements.sending.run({ assetId: claimed.id, destination });
          return claimed;
        }
        return undefined;
      });
    },
    verified(claimed, destination, receipt) {
      inOne(() => this.verifiedAll(destination, [{ claimed, receipt }]));
    },
    verifiedAll(destination, proofs) {
      for (const { claimed, receipt } of proofs) {
        statements.verified.run({ assetId: claimed.id, destination, receipt: receipt.level, now: clock.now() });
      }
      outbox.add(
        ...proofs.map(({ claimed: { source, path }, receipt }): NewEvent => {
          return { type: 'delivered', source, path, destination, receipt: receipt.level };
        }),
      );
    },
    release(claimed, destination, { notBefore, attempted }) {
      database
        .update(delivery)
        .set({
          ...backToQueue(attempted && notBefore),
          ...(attempted && {
            attempts: claimed.attempts + 1,
            errorCode: attempted.code,
            errorMessage: attempted.message.slice(0, 1000),
          }),
        })
        .where(and(at(claimed.id, destination), eq(delivery.state, 'sending')))
        .run();
    },
    failed(claimed, destination, { code, message }, notBefore) {
      const text = message.slice(0, 1000);
      database.transaction(() => {
        database
          .update(delivery)
          .set({
            ...backToQueue(notBefore),
            state: 'failed',
            attempts: claimed.attempts + 1,
            errorCode: code,
            errorMessage: text,
            lane: 'backfill',
            updatedAt: clock.now(),
          })
          .where(and(at(claimed.id, destination), eq(delivery.state, 'sending')))
          .run();
        const { source, path } = claimed;
        outbox.add({ type: 'delivery-failed', source, path, destination, code, message: text });
      });
    },
    withdraw(assetId, reason) {
      database
        .update(delivery)
        .set({ state: 'withdrawn', errorCode: 'withdrawn', errorMessage: reason, updatedAt: clock.now() })
        .where(and(eq(delivery.assetId, assetId), inArray(delivery.state, ['pending', 'sending', 'failed'])))
        .run();
    },
    nextDueAt(destination) {
      const now = clock.now();
      const waits = queuesOf(destination).flatMap((queue) =>
        queue.isPutOff ? [] : [heldUntil(destination, queue) ?? now],
      );
      const putOff = statements.putOffUntil.get({ destination });
      if (putOff) waits.push(putOff.notBefore);
      return waits.length > 0 ? Math.min(...waits) : undefined;
    },
    backlog: (source, destination) => amount(source, destination, ['pending', 'sending', 'failed']),
    verifiedAmount: (source, destination) => amount(source, destination, ['verified']),
    oldestAt(source, destination) {
      const ofSource = queuesOf(destination).filter((queue) => queue.source === source);
      const oldest = ofSource.flatMap(({ name: queue }) => statements.oldestOf.all({ destination, queue }));
      return oldest.length > 0 ? Math.min(...oldest.map(({ capturedAt }) => capturedAt)) : undefined;
    },
    retryFailed(source, destination) {
      return database
        .update(delivery)
        .set({ state: 'pending', notBefore: 0 })
        .where(
          and(
            sql`${delivery.state} in ('pending', 'failed') and ${delivery.attempts} > 0`,
            destination === undefined ? undefined : eq(delivery.destination, destination),
            source === undefined ? undefined : inArray(delivery.assetId, idsOf(source)),
          ),
        )
        .run().changes;
    },
    standing(assetId, destination) {
      const row = database.select().from(delivery).where(at(assetId, destination)).get();
      const until = row?.state === 'pending' && row.queue !== null && heldUntil(destination, queueOf(row.queue));
      return row && until ? { ...row, notBefore: Math.max(row.notBefore, until) } : row;
    },
    clockSet: waitNoLonger,
    oweExisting(source, destination) {
      const now = clock.now();
      return database.run(sql`
        INSERT INTO delivery (asset_id, destination, state, lane, captured_at, updated_at, sort)
        SELECT id, ${destination}, 'pending', 'backfill', captured_at, ${now}, source || '/' || kind FROM asset
        WHERE source = ${source} AND state = 'held' AND tree = 'result'
        ON CONFLICT DO NOTHING`).changes;
    },
  };
}
