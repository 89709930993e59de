import type { CardCopy, CardRelease } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { and, asc, count, eq, gt, inArray, lte, type SQL, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { isLeftOut } from './left-out.ts';
import { asset, cardCopy, delivery } from './schema.ts';

export type CardCopyRow = typeof cardCopy.$inferSelect;

/** Copies of one source's pictures on its camera's card, which wait for their delivery. */
export type CardCopies = {
  /** In one transaction: what a capture has left on the card. */
  add(copies: readonly CardCopy[]): void;
  /**
   * Copies whose very bytes are verified at all destinations of the source that take them, at most `max`. Each call looks at a portion of those that
   * wait, and the next one goes on from there.
   */
  due(max: number): CardCopyRow[];
  /** What the camera did: a copy that is gone is forgotten, any other is tried again later. */
  settled(outcomes: readonly { id: number; outcome: CardRelease }[]): void;
  /** How many wait. */
  waiting(): number;
};

/** Rows that one look goes through: the agent does nothing else meanwhile. */
const PORTION = 500;
/** More than that are on no card; the oldest are forgotten, and stay on the card. */
const KEPT_MAX = 50_000;
/** Another card may lie in the camera until somebody changes it back. */
const AGAIN_AFTER_MS = 3_600_000;

export function createCardCopies(options: {
  ledger: Ledger;
  source: string;
  destinations: readonly string[];
  clock: Clock;
}): CardCopies {
  const { ledger, source, destinations, clock } = options;
  const { database } = ledger;
  const mine = eq(cardCopy.source, source);
  let lastId = 0;

  const countAt = (condition: SQL): SQL => sql`(
        select count(*) from ${delivery}
        where ${delivery.assetId} = ${asset.id} and ${condition} and ${inArray(delivery.destination, [...destinations])})`;
  /** Is there an asset of these bytes that every destination which takes it, and at least one, has proved? What was purged here was proved before. */
  const isProved = sql`exists (
    select 1 from ${asset}
    where ${asset.source} = ${cardCopy.source} and ${asset.size} = ${cardCopy.bytes}
      and ${asset.sha256} = ${cardCopy.sha256} and ${asset.tree} = 'result' and ${asset.state} in ('held', 'purged')
      and ${countAt(sql`(${delivery.state} = 'verified' or ${isLeftOut})`)} = ${destinations.length}
      and ${countAt(sql`${delivery.state} = 'verified'`)} > 0)`;

  return {
    add(copies) {
      if (copies.length === 0) return;
      database.transaction((tx) => {
        const { id } = tx
          .insert(cardCopy)
          .values(copies.map((copy) => ({ source, ...copy })))
          .returning({ id: cardCopy.id })
          .all()
          .at(-1) as { id: number };
        tx.delete(cardCopy)
          .where(and(mine, lte(cardCopy.id, id - KEPT_MAX)))
          .run();
      });
    },
    due(max) {
      // Nothing is proved anywhere.
      if (destinations.length === 0) return [];
      const portion = database
        .select({ id: cardCopy.id })
        .from(cardCopy)
        .where(and(mine, gt(cardCopy.id, lastId)))
        .orderBy(asc(cardCopy.id))
        .limit(PORTION)
        .all();
      const end = portion.at(-1)?.id;
      const rows =
        end === undefined
          ? []
          : database
              .select()
              .from(cardCopy)
              .where(
                and(
                  mine,
                  gt(cardCopy.id, lastId),
                  lte(cardCopy.id, end),
                  lte(cardCopy.notBefore, clock.now()),
                  isProved,
                ),
              )
              .orderBy(asc(cardCopy.id))
              .limit(max)
              .all();
      // What this look had to leave out is where the next one begins.
      lastId =
        portion.length < PORTION && rows.length < max ? 0 : rows.length < max ? (end ?? 0) : (rows.at(-1)?.id ?? 0);
      return rows;
    },
    settled(outcomes) {
      database.transaction((tx) => {
        for (const { id, outcome } of outcomes) {
          if (outcome === 'deleted' || outcome === 'absent') tx.delete(cardCopy).where(eq(cardCopy.id, id)).run();
          else {
            const notBefore = clock.now() + AGAIN_AFTER_MS;
            tx.update(cardCopy).set({ notBefore }).where(eq(cardCopy.id, id)).run();
          }
        }
      });
    },
    waiting: () => database.select({ n: count() }).from(cardCopy).where(mine).get()?.n ?? 0,
  };
}
