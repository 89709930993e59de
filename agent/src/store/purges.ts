import { and, asc, eq, exists, gt, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Candidate, KeptAsset, Purge, Shelf } from '../retention/shelf.ts';
import type { AssetRow, Assets } from './assets.ts';
import { countOf, type Ledger } from './ledger.ts';
import { isLeftOut } from './left-out.ts';
import { asset, delivery, made, purge } from './schema.ts';

/** Who may lose a name again: the ledger side of retention. */
export type Purges = Shelf & {
  /** A file was made of an original. Called before the made file is filed. */
  madeOf(source: string, made: { sha256: string }, original: { sha256: string; size: number }): void;
  /**
   * Owes held assets that a destination has proved by size alone to it again, the oldest first: what is there with the right bytes is read
   * back and not sent, so its next receipt is one of the digest. No more than `limit` are on their way at a time. Returns how many.
   */
  proveAgain(source: string, destinations: readonly string[], limit: number): number;
};

export function createPurges(options: {
  ledger: Ledger;
  /** The assets of a source; undefined for a source that is not configured any more. */
  assetsOf: (source: string) => Pick<Assets, 'purge'> | undefined;
}): Purges {
  const { database } = options.ledger;

  function keptOf(row: AssetRow): KeptAsset {
    const { id, source, tree, path, size, sha256, modifiedAt, capturedAt } = row;
    const standings = database
      .select({
        destination: delivery.destination,
        state: delivery.state,
        receipt: delivery.receipt,
        isLeftOut: sql<boolean>`${isLeftOut}`.mapWith(Boolean),
      })
      .from(delivery)
      .where(eq(delivery.assetId, id))
      .all();
    const isMade =
      database
        .select({ sha256: made.sha256 })
        .from(made)
        .where(and(eq(made.source, source), eq(made.sha256, sha256)))
        .limit(1)
        .get() !== undefined;
    const isHeld = row.state === 'held' && row.jobId === null && tree === 'result';
    return { id, source, path, size, sha256, modifiedAt, capturedAt, isMade, isHeld, standings };
  }
  const read = (id: number) => database.select().from(asset).where(eq(asset.id, id)).get();
  /** Assets whose bytes a destination may hold: a removed one has no proof that counts. */
  const counts = sql`${asset.state} in ('held', 'purged') and ${asset.tree} = 'result'`;
  const plain = (row: typeof purge.$inferSelect): Purge => {
    const { id, assetId, source, names, size, modifiedAt } = row;
    return { id, assetId, source, names: JSON.parse(names), size, modifiedAt };
  };

  return {
    candidates(sources, { after, isMade, limit }) {
      const verified = database
        .select({ one: sql`1` })
        .from(delivery)
        .where(and(eq(delivery.assetId, asset.id), eq(delivery.state, 'verified')));
      const wasMade = database
        .select({ one: sql`1` })
        .from(made)
        .where(and(eq(made.source, asset.source), eq(made.sha256, asset.sha256)));
      return database
        .select()
        .from(asset)
        .where(
          and(
            // The condition stands word for word in the index, so that SQLite takes it.
            sql`${asset.state} = 'held'`,
            inArray(asset.source, [...sources]),
            eq(asset.tree, 'result'),
            isNull(asset.jobId),
            after &&
              or(
                gt(asset.capturedAt, after.capturedAt),
                and(eq(asset.capturedAt, after.capturedAt), gt(asset.id, after.id)),
              ),
            exists(verified),
            isMade ? exists(wasMade) : undefined,
          ),
        )
        .orderBy(asc(asset.capturedAt), asc(asset.id))
        .limit(limit)
        .all()
        .map(keptOf);
    },
    at(source, path) {
      const row = database
        .select()
        .from(asset)
        .where(
          and(sql`${asset.state} = 'held'`, eq(asset.source, source), eq(asset.tree, 'result'), eq(asset.path, path)),
        )
        .get();
      return row && keptOf(row);
    },
    withBytes: (source, { size, sha256 }) =>
      database
        .select()
        .from(asset)
        .where(and(eq(asset.source, source), eq(asset.size, size), eq(asset.sha256, sha256), counts))
        .all()
        .map(keptOf),
    madeFrom(source, { size, sha256 }) {
      const digests = database
        .select({ sha256: made.sha256 })
        .from(made)
        .where(and(eq(made.source, source), eq(made.originalSize, size), eq(made.originalSha256, sha256)))
        .all()
        .map((row) => row.sha256);
      if (digests.length === 0) return [];
      return database
        .select()
        .from(asset)
        .where(and(eq(asset.source, source), inArray(asset.sha256, digests), counts))
        .all()
        .map(keptOf);
    },
    hasSize: (source, size) =>
      database
        .select({ id: asset.id })
        .from(asset)
        .where(and(eq(asset.source, source), eq(asset.size, size)))
        .limit(1)
        .get() !== undefined ||
      database
        .select({ size: made.originalSize })
        .from(made)
        .where(and(eq(made.source, source), eq(made.originalSize, size)))
        .limit(1)
        .get() !== undefined,
    begin(candidates, { mayGo, reason, at }) {
      return database.transaction(() => candidates.flatMap((candidate) => begin(candidate)));

      function begin({ asset: { id }, isWhole, names, size, modifiedAt }: Candidate): Purge[] {
        const row = read(id);
        if (row?.state !== 'held' && row?.state !== 'purged') return [];
        const now = keptOf(row);
        if (isWhole && !now.isHeld) return [];
        const provedAt = mayGo(now);
        const assets = options.assetsOf(row.source);
        if (provedAt === undefined || !assets) return [];
        if (isWhole) assets.purge(row, { at, reason, provedAt });
        const values = { assetId: isWhole ? id : null, source: row.source, size, modifiedAt, reason, at };
        return [
          plain(
            database
              .insert(purge)
              .values({ ...values, names: JSON.stringify(names), provedAt: JSON.stringify(provedAt) })
              .returning()
              .get(),
          ),
        ];
      }
    },
    open: () => database.select().from(purge).where(sql`done_at is null`).orderBy(asc(purge.id)).all().map(plain),
    isTaken(source, name) {
      const slash = name.indexOf('/');
      const [tree, path] = [name.slice(0, slash), name.slice(slash + 1)];
      if (tree !== 'result' && tree !== 'failure') return false;
      const rows = database
        .select({ id: asset.id })
        .from(asset)
        .where(
          and(
            eq(asset.source, source),
            eq(asset.tree, tree),
            eq(asset.path, path),
            inArray(asset.state, ['intended', 'held']),
          ),
        )
        .limit(1)
        .all();
      return rows.length > 0;
    },
    end(ids, at) {
      database.transaction(() => {
        for (let i = 0; i < ids.length; i += 400) {
          const portion = ids.slice(i, i + 400);
          database
            .delete(purge)
            .where(and(inArray(purge.id, portion), isNull(purge.assetId)))
            .run();
          database.update(purge).set({ doneAt: at }).where(inArray(purge.id, portion)).run();
        }
      });
    },
    proveAgain(source, destinations, limit) {
      if (destinations.length === 0) return 0;
      const weak = and(
        eq(asset.source, source),
        sql`${asset.state} = 'held'`,
        eq(asset.tree, 'result'),
        isNull(asset.jobId),
        inArray(delivery.destination, [...destinations]),
        eq(delivery.receipt, 'size'),
      );
      return database.transaction(() => {
        const asked = database
          .select({ count: countOf })
          .from(delivery)
          .innerJoin(asset, eq(asset.id, delivery.assetId))
          .where(and(weak, inArray(delivery.state, ['pending', 'sending', 'failed'])))
          .get();
        const rows = database
          .select({ assetId: delivery.assetId, destination: delivery.destination })
          .from(delivery)
          .innerJoin(asset, eq(asset.id, delivery.assetId))
          .where(and(weak, eq(delivery.state, 'verified')))
          .orderBy(asc(asset.capturedAt), asc(asset.id))
          .limit(Math.max(0, limit - (asked?.count ?? 0)))
          .all();
        for (const row of rows) {
          database
            .update(delivery)
            .set({ state: 'pending', lane: 'backfill', notBefore: 0, attempts: 0 })
            .where(and(eq(delivery.assetId, row.assetId), eq(delivery.destination, row.destination)))
            .run();
        }
        return rows.length;
      });
    },
    madeOf(source, { sha256 }, original) {
      database
        .insert(made)
        .values({ source, sha256, originalSha256: original.sha256, originalSize: original.size })
        .onConflictDoNothing()
        .run();
    },
  };
}
