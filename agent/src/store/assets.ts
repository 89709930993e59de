import type { Clock } from '@vigie/shared/kit/clock';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Books, Intent } from '../watched-folder/books.ts';
import type { Deliveries } from './deliveries.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { asset, bucket, source } from './schema.ts';

export type AssetRow = typeof asset.$inferSelect;

/** The assets of one source: the books of its watched folder, and its inventory. */
export type Assets = {
  readonly books: Books;
  seq(): number;
  /** Day figures, by day. */
  buckets(): Bucket[];
  /** Entries of some days, ordered by path, in portions. */
  entries(days: string[], portion: number): Generator<Entry[]>;
  held(): { count: number; bytes: number };
  find(path: string): AssetRow | undefined;
  /** The next number of a capture of this source; it never comes twice. */
  nextCapture(): number;
  /** An asset whose file is not where it should be: it leaves the inventory, its deliveries are withdrawn. */
  remove(row: AssetRow, reason: string): void;
  /** Every held asset, in portions, for the check of the ledger against the disk. */
  all(portion: number): Generator<AssetRow[]>;
};

/** A torn picture is counted under `failure/`, where it lies; a sound one under its place in the result tree. */
export const inventoryPath = (row: { tree: 'result' | 'failure'; path: string }): string =>
  row.tree === 'result' ? row.path : `failure/${row.path}`;

export function entryOf(row: Omit<AssetRow, 'id' | 'state' | 'jobId' | 'createdAt'>): Entry {
  const { size, sha256, modifiedAt } = row;
  return {
    path: inventoryPath(row),
    size,
    sha256,
    modifiedAt,
    ...(row.unreadable === null ? {} : { unreadable: row.unreadable }),
  };
}

export function createAssets(options: {
  ledger: Ledger;
  source: string;
  outbox: Outbox;
  deliveries: Deliveries;
  clock: Clock;
  filed: (row: AssetRow, preview: Buffer | null) => void;
}): Assets {
  const { ledger, source: name, outbox, deliveries, clock, filed } = options;
  const { database } = ledger;
  /** Previews wait here between intention and filing; one that a crash takes is made again on demand. */
  const previews = new Map<string, Buffer | null>();
  database.insert(source).values({ name }).onConflictDoNothing().run();

  const mine = eq(asset.source, name);
  const held = and(mine, sql`${asset.state} = 'held'`);
  const byJob = (jobId: string) =>
    database
      .select()
      .from(asset)
      .where(and(mine, eq(asset.jobId, jobId)))
      .get();

  /** Changes the inventory by one entry; call it inside a transaction. */
  function count(entry: Entry, sign: 1 | -1): number {
    const day = bucketOf(entry.path);
    const at = and(eq(bucket.source, name), eq(bucket.day, day));
    const before = database.select().from(bucket).where(at).get() ?? { day, count: 0, bytes: 0, digest: EMPTY_DIGEST };
    const after = adjust(before, entry, sign);
    if (after.count === 0) database.delete(bucket).where(at).run();
    else {
      database
        .insert(bucket)
        .values({ source: name, ...after })
        .onConflictDoUpdate({ target: [bucket.source, bucket.day], set: after })
        .run();
    }
    return database
      .update(source)
      .set({ seq: sql`${source.seq} + 1` })
      .where(eq(source.name, name))
      .returning({ seq: source.seq })
      .get().seq;
  }

  function remove(row: AssetRow, reason: string): void {
    database.transaction(() => {
      database.update(asset).set({ state: 'removed' }).where(eq(asset.id, row.id)).run();
      deliveries.withdraw(row.id, reason);
      const entry = entryOf(row);
      outbox.add({ type: 'removed', source: name, entry, sourceSeq: count(entry, -1), reason });
    });
  }

  const books: Books = {
    intend({ preview, ...intent }: Intent) {
      previews.set(intent.jobId, preview);
      // It was filed already, and its file has vanished since: that asset is gone, and this is another one.
      const filedBefore = byJob(intent.jobId);
      if (filedBefore?.state === 'held') {
        database.update(asset).set({ jobId: null }).where(eq(asset.id, filedBefore.id)).run();
        remove(filedBefore, 'its file vanished before its job had ended');
      }
      const row = {
        ...intent,
        source: name,
        state: 'intended' as const,
        day: bucketOf(inventoryPath(intent)),
        unreadable: intent.unreadable ?? null,
        createdAt: clock.now(),
      };
      database
        .insert(asset)
        .values(row)
        .onConflictDoUpdate({ target: asset.jobId, targetWhere: sql`job_id is not null`, set: row })
        .run();
    },
    intended(jobId) {
      const row = byJob(jobId);
      if (!row) return undefined;
      const { tree, path, size, sha256, kind, capturedAt, modifiedAt } = row;
      const unreadable = row.unreadable ?? undefined;
      return { jobId, tree, path, size, sha256, kind, capturedAt, modifiedAt, unreadable, preview: null };
    },
    filed(jobId) {
      const done = database.transaction(() => {
        const row = byJob(jobId);
        if (row?.state !== 'intended') return undefined;
        // The name was free on the disk, so whatever the ledger has under it is not there any more.
        const { tree, path } = row;
        const before = database
          .select()
          .from(asset)
          .where(and(held, eq(asset.tree, tree), eq(asset.path, path)))
          .get();
        if (before) remove(before, 'its file was gone, and another one has its name now');
        database.update(asset).set({ state: 'held' }).where(eq(asset.id, row.id)).run();
        const sourceSeq = count(entryOf(row), 1);
        if (row.tree === 'result') deliveries.owe(row);
        outbox.add({ type: 'captured', source: name, entry: entryOf(row), sourceSeq, capturedAt: row.capturedAt });
        return row;
      });
      const preview = previews.get(jobId) ?? null;
      previews.delete(jobId);
      if (done) filed(done, preview);
    },
    closed(jobId) {
      previews.delete(jobId);
      const row = byJob(jobId);
      if (!row) return;
      if (row.state === 'intended') database.delete(asset).where(eq(asset.id, row.id)).run();
      else database.update(asset).set({ jobId: null }).where(eq(asset.id, row.id)).run();
    },
    rejected({ name: path, reason }) {
      database.transaction(() => outbox.add({ type: 'rejected', source: name, path, message: reason.slice(0, 1000) }));
    },
  };

  function* portions(where: ReturnType<typeof and>, portion: number): Generator<AssetRow[]> {
    for (let last = 0; ; ) {
      const rows = database
        .select()
        .from(asset)
        .where(and(where, gt(asset.id, last)))
        .orderBy(asc(asset.id))
        .limit(portion)
        .all();
      if (rows.length === 0) return;
      yield rows;
      last = (rows.at(-1) as AssetRow).id;
    }
  }

  return {
    books,
    seq: () => database.select({ seq: source.seq }).from(source).where(eq(source.name, name)).get()?.seq ?? 0,
    buckets: () =>
      database
        .select({ day: bucket.day, count: bucket.count, bytes: bucket.bytes, digest: bucket.digest })
        .from(bucket)
        .where(eq(bucket.source, name))
        .orderBy(asc(bucket.day))
        .all(),
    *entries(days, portion) {
      for (const rows of portions(and(held, inArray(asset.day, days)), portion)) yield rows.map(entryOf);
    },
    held: () =>
      database
        .select({
          count: sql<number>`coalesce(sum(${bucket.count}), 0)`,
          bytes: sql<number>`coalesce(sum(${bucket.bytes}), 0)`,
        })
        .from(bucket)
        .where(eq(bucket.source, name))
        .get() ?? { count: 0, bytes: 0 },
    find(path) {
      const tree = path.startsWith('failure/') ? 'failure' : 'result';
      const below = tree === 'failure' ? path.slice('failure/'.length) : path;
      return database
        .select()
        .from(asset)
        .where(and(held, eq(asset.tree, tree), eq(asset.path, below)))
        .get();
    },
    nextCapture: () =>
      database
        .update(source)
        .set({ captures: sql`${source.captures} + 1` })
        .where(eq(source.name, name))
        .returning({ captures: source.captures })
        .get()?.captures ?? 1,
    remove,
    all: (portion) => portions(held, portion),
  };
}
