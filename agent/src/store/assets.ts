import type { Clock } from '@vigie/shared/kit/clock';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import { and, asc, eq, gt, gte, inArray, lt, or, sql } from 'drizzle-orm';
import type { Books, Intent } from '../watched-folder/books.ts';
import type { Deliveries } from './deliveries.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { asset, bucket, purge, purgedAmount, source } from './schema.ts';

export type AssetRow = typeof asset.$inferSelect;
/** `isOpen`: its file may still be there, since its removal has not ended. */
export type PurgeRecord = { at: number; reason: string; provedAt: string[]; isOpen: boolean };

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
  /**
   * An asset whose file is about to be removed because destinations have proved it. It stays in the inventory as purged; what else it was
   * owed is withdrawn. Call it inside the transaction that decides.
   */
  purge(row: AssetRow, purge: { at: number; reason: string; provedAt: readonly string[] }): void;
  /** How an asset under this path (as the inventory has it) was purged. */
  purged(path: string): PurgeRecord | undefined;
  /** Every held asset, in portions, day by day. */
  all(portion: number): Generator<AssetRow[]>;
  /** As `all`, only where each lies, for the check of the ledger against the disk. */
  places(portion: number): Generator<Place[]>;
  /** Which of these paths below `result` the ledger holds. */
  holds(paths: readonly string[]): Set<string>;
};

export type Place = Pick<AssetRow, 'id' | 'tree' | 'path'>;

/** A torn picture is counted under `failure/`, where it lies; a sound one under its place in the result tree. */
export const inventoryPath = (row: { tree: 'result' | 'failure'; path: string }): string =>
  row.tree === 'result' ? row.path : `failure/${row.path}`;

export function entryOf(
  row: Omit<AssetRow, 'id' | 'state' | 'jobId' | 'createdAt'>,
  purgedAt: number | null = null,
): Entry {
  const { size, sha256, modifiedAt } = row;
  return {
    path: inventoryPath(row),
    size,
    sha256,
    modifiedAt,
    ...(row.unreadable === null ? {} : { unreadable: row.unreadable }),
    ...(purgedAt === null ? {} : { purgedAt }),
    ...(row.trueAt === null ? {} : { capturedAt: row.trueAt }),
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
  /** The rows of a job's files: the first has the job's id, the others that with their number. */
  const ofJob = (jobId: string): AssetRow[] =>
    database
      .select()
      .from(asset)
      .where(and(mine, or(eq(asset.jobId, jobId), and(gte(asset.jobId, `${jobId}.`), lt(asset.jobId, `${jobId}/`)))))
      .all()
      .sort((one, other) => partNumber(one, jobId) - partNumber(other, jobId));
  // Prepared once: each state tells them, and to write the text of a statement takes longer than to run it.
  const seq = database.select({ seq: source.seq }).from(source).where(eq(source.name, name)).prepare();
  const sums = database
    .select({
      count: sql<number>`coalesce(sum(${bucket.count}), 0)`,
      bytes: sql<number>`coalesce(sum(${bucket.bytes}), 0)`,
    })
    .from(bucket)
    .where(eq(bucket.source, name))
    .prepare();
  const partOf = (jobId: string, part: number): string => (part === 0 ? jobId : `${jobId}.${part}`);
  const partNumber = (row: AssetRow, jobId: string): number => Number(row.jobId?.slice(jobId.length + 1) ?? 0);
  const partsOf = (jobId: string): string[] =>
    [...previews.keys()].filter((key) => key === jobId || key.startsWith(`${jobId}.`));

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

  const isPurged = and(mine, sql`${asset.state} = 'purged'`);
  const purgeOf = (assetId: number) => database.select().from(purge).where(eq(purge.assetId, assetId)).get();
  const purgedUnder = (tree: AssetRow['tree'], path: string): AssetRow | undefined =>
    database
      .select()
      .from(asset)
      .where(and(isPurged, eq(asset.day, bucketOf(inventoryPath({ tree, path }))), eq(asset.path, path)))
      .all()
      .find((row) => row.tree === tree);

  function countPurged({ size }: { size: number }, sign: 1 | -1): void {
    const bytes = sign * size;
    database
      .insert(purgedAmount)
      .values({ source: name, count: sign, bytes })
      .onConflictDoUpdate({
        target: purgedAmount.source,
        set: { count: sql`${purgedAmount.count} + ${sign}`, bytes: sql`${purgedAmount.bytes} + ${bytes}` },
      })
      .run();
  }

  /** The name of a purged file has been taken again: the inventory has one entry a path, and the file that lies there counts. */
  function forgetPurged(row: AssetRow): void {
    database.update(asset).set({ state: 'removed' }).where(eq(asset.id, row.id)).run();
    count(entryOf(row, purgeOf(row.id)?.at ?? 0), -1);
    countPurged(row, -1);
  }

  function intendOne(jobId: string, { preview, ...intent }: Intent, before: AssetRow | undefined): void {
    previews.set(jobId, preview);
    // It was filed already, and its file has vanished since: that asset is gone, and this is another one.
    if (before?.state === 'held') {
      database.update(asset).set({ jobId: null }).where(eq(asset.id, before.id)).run();
      remove(before, 'its file vanished before its job had ended');
    }
    const row = {
      ...intent,
      jobId,
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
  }

  /** Call it inside a transaction. */
  function fileOne(row: AssetRow): AssetRow {
    // The name was free on the disk, so whatever the ledger has under it is not there any more.
    const { tree, path } = row;
    const before = database
      .select()
      .from(asset)
      .where(and(held, eq(asset.tree, tree), eq(asset.path, path)))
      .get();
    if (before) remove(before, 'its file was gone, and another one has its name now');
    const purgedBefore = purgedUnder(tree, path);
    if (purgedBefore) forgetPurged(purgedBefore);
    database.update(asset).set({ state: 'held' }).where(eq(asset.id, row.id)).run();
    const sourceSeq = count(entryOf(row), 1);
    if (row.tree === 'result') deliveries.owe(row);
    outbox.add({ type: 'captured', source: name, entry: entryOf(row), sourceSeq, capturedAt: row.capturedAt });
    return row;
  }

  /** The job of this row has ended: an asset stays, an intention that came to nothing goes. */
  function leave(row: AssetRow): void {
    if (row.state === 'intended') database.delete(asset).where(eq(asset.id, row.id)).run();
    else database.update(asset).set({ jobId: null }).where(eq(asset.id, row.id)).run();
  }

  const books: Books = {
    intend(jobId, intents) {
      database.transaction(() => {
        const before = ofJob(jobId);
        for (const row of before.slice(intents.length)) leave(row);
        for (const [part, intent] of intents.entries()) intendOne(partOf(jobId, part), intent, before[part]);
      });
    },
    intended: (jobId) =>
      ofJob(jobId).map(({ tree, path, size, sha256, kind, capturedAt, modifiedAt, unreadable }) => {
        const figures = { size, sha256, kind, capturedAt, modifiedAt, unreadable: unreadable ?? undefined };
        return { tree, path, ...figures, preview: null };
      }),
    filed(jobId) {
      const done = database.transaction(() =>
        ofJob(jobId)
          .filter(({ state }) => state === 'intended')
          .map(fileOne),
      );
      for (const row of done) filed(row, previews.get(row.jobId as string) ?? null);
      for (const key of partsOf(jobId)) previews.delete(key);
    },
    closed(jobId) {
      for (const key of partsOf(jobId)) previews.delete(key);
      database.transaction(() => {
        for (const row of ofJob(jobId)) leave(row);
      });
    },
    rejected({ name: path, reason }) {
      database.transaction(() => outbox.add({ type: 'rejected', source: name, path, message: reason.slice(0, 1000) }));
    },
  };

  function* portions(where: ReturnType<typeof and>, portion: number): Generator<AssetRow[]> {
    for (let last = 0; ; ) {
      const rows = database.select().from(asset).where(after(where, last)).orderBy(asc(asset.id)).limit(portion).all();
      if (rows.length === 0) return;
      yield rows;
      last = (rows.at(-1) as AssetRow).id;
    }
  }
  const after = (where: ReturnType<typeof and>, id: number) => and(where, gt(asset.id, id));

  /** What is held, day by day, so that each portion is found by its index: at a million assets all the others would be sorted for it. */
  function* heldDays(): Generator<ReturnType<typeof and>> {
    const days = database.select({ day: bucket.day }).from(bucket).where(eq(bucket.source, name)).all();
    for (const { day } of days) yield and(held, eq(asset.day, day));
  }

  return {
    books,
    seq: () => seq.get()?.seq ?? 0,
    buckets: () =>
      database
        .select({ day: bucket.day, count: bucket.count, bytes: bucket.bytes, digest: bucket.digest })
        .from(bucket)
        .where(eq(bucket.source, name))
        .orderBy(asc(bucket.day))
        .all(),
    *entries(days, portion) {
      for (const rows of portions(and(held, inArray(asset.day, days)), portion)) yield rows.map((row) => entryOf(row));
      for (const rows of portions(and(isPurged, inArray(asset.day, days)), portion))
        yield rows.map((row) => entryOf(row, purgeOf(row.id)?.at ?? 0));
    },
    held() {
      const all = sums.get() ?? { count: 0, bytes: 0 };
      const gone = database.select().from(purgedAmount).where(eq(purgedAmount.source, name)).get();
      return gone ? { count: all.count - gone.count, bytes: all.bytes - gone.bytes } : all;
    },
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
    purge(row, { at, reason, provedAt }) {
      database.update(asset).set({ state: 'purged' }).where(eq(asset.id, row.id)).run();
      deliveries.withdraw(row.id, `purged: ${reason}; proved at ${provedAt.join(', ')}`);
      count(entryOf(row), -1);
      countPurged(row, 1);
      const entry = entryOf(row, at);
      outbox.add({ type: 'removed', source: name, entry, sourceSeq: count(entry, 1), reason: `purged: ${reason}` });
    },
    purged(path) {
      const tree = path.startsWith('failure/') ? 'failure' : 'result';
      const row = purgedUnder(tree, tree === 'failure' ? path.slice('failure/'.length) : path);
      const record = row && purgeOf(row.id);
      if (!record) return undefined;
      const { at, reason, provedAt, doneAt } = record;
      return { at, reason, provedAt: JSON.parse(provedAt), isOpen: doneAt === null };
    },
    *all(portion) {
      for (const day of heldDays()) yield* portions(day, portion);
    },
    *places(portion) {
      const columns = { id: asset.id, tree: asset.tree, path: asset.path };
      for (const day of heldDays()) {
        for (let last = 0; ; ) {
          const rows = database
            .select(columns)
            .from(asset)
            .where(after(day, last))
            .orderBy(asc(asset.id))
            .limit(portion)
            .all();
          if (rows.length > 0) yield rows;
          if (rows.length < portion) break;
          last = (rows.at(-1) as Place).id;
        }
      }
    },
    holds(paths) {
      const among = and(held, eq(asset.tree, 'result'), inArray(asset.path, [...paths]));
      return new Set(
        database
          .select({ path: asset.path })
          .from(asset)
          .where(among)
          .all()
          .map(({ path }) => path),
      );
    },
  };
}
