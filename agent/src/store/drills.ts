import type { Clock } from '@vigie/shared/kit/clock';
import { and, count, desc, eq, gt, gte, inArray, isNull, lte, max, ne } from 'drizzle-orm';
import { bytesOfColumn, countOf, type Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { asset, drill, slot, tally } from './schema.ts';

export type DrillRow = typeof drill.$inferSelect;

/** Outage drills in the ledger, with what was taken and left waiting during each. */
export type Drills = {
  /** The one that is not at its end. */
  current(): DrillRow | undefined;
  find(id: string): DrillRow | undefined;
  /** Notes one that begins, and tells of it. */
  begin(order: Pick<DrillRow, 'id' | 'by' | 'forMs'>): DrillRow;
  /** Has the hub heard of the last beginning? */
  isTold(): boolean;
  spent(id: string, spentMs: number): void;
  /** Notes its end with what it has come to, and tells of it. */
  end(row: DrillRow): void;
};

const KEPT_MAX = 100;

export function createDrills(ledger: Ledger, outbox: Outbox, clock: Clock): Drills {
  const { database } = ledger;
  let begunSeq = 0;
  const set = (id: string, values: Partial<DrillRow>) =>
    database.update(drill).set(values).where(eq(drill.id, id)).run();

  /** What was filed since, or is on its way to a destination. */
  const captured = (firstAsset: number) =>
    database
      .select({ count: countOf, bytes: bytesOfColumn(asset.size) })
      .from(asset)
      .where(and(gt(asset.id, firstAsset), eq(asset.tree, 'result'), inArray(asset.state, ['held', 'purged'])))
      .get() ?? { count: 0, bytes: 0 };
  const queued = () =>
    database
      .select({ count: bytesOfColumn(tally.count), bytes: bytesOfColumn(tally.bytes) })
      .from(tally)
      .where(inArray(tally.state, ['pending', 'sending', 'failed']))
      .get() ?? { count: 0, bytes: 0 };

  function slots(from: number, to: number) {
    const of = new Map(
      database
        .select({ state: slot.state, count: count() })
        .from(slot)
        .where(and(gte(slot.at, from), lte(slot.at, to), ne(slot.state, 'forgotten')))
        .groupBy(slot.state)
        .all()
        .map((row) => [row.state, row.count]),
    );
    const sum = (...states: DrillSlot[]) => states.reduce((all, state) => all + (of.get(state) ?? 0), 0);
    // One that has just begun at the end is neither taken nor lost.
    const [taken, failed, off] = [sum('captured', 'delivered', 'unreadable'), sum('failed'), sum('off')];
    return { expected: taken + failed + off, taken, failed, off };
  }

  return {
    current: () => database.select().from(drill).where(isNull(drill.endedAt)).orderBy(desc(drill.startedAt)).get(),
    find: (id) => database.select().from(drill).where(eq(drill.id, id)).get(),
    begin: ({ id, by, forMs }) =>
      database.transaction(() => {
        const firstAsset =
          database
            .select({ id: max(asset.id) })
            .from(asset)
            .get()?.id ?? 0;
        const old = database
          .select({ id: drill.id })
          .from(drill)
          .orderBy(desc(drill.startedAt))
          .limit(KEPT_MAX)
          .offset(KEPT_MAX - 1);
        database.delete(drill).where(inArray(drill.id, old)).run();
        outbox.add({ type: 'drill-begun', drill: id, by, forMs });
        begunSeq = outbox.newest()?.seq ?? 0;
        return database
          .insert(drill)
          .values({ id, by, forMs, startedAt: clock.now(), spentMs: 0, firstAsset })
          .returning()
          .get();
      }),
    isTold: () => outbox.ackedSeq() >= begunSeq,
    spent: (id, spentMs) => void set(id, { spentMs: Math.round(spentMs) }),
    end({ id, startedAt, spentMs, firstAsset }) {
      database.transaction(() => {
        const endedAt = clock.now();
        set(id, { endedAt, spentMs: Math.round(spentMs) });
        outbox.add({
          type: 'drill-ended',
          drill: id,
          startedAt,
          endedAt,
          offlineMs: Math.round(spentMs),
          captured: captured(firstAsset),
          queued: queued(),
          slots: slots(startedAt, endedAt),
        });
      });
    },
  };
}

type DrillSlot = (typeof slot.$inferSelect)['state'];
