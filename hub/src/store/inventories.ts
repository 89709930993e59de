import type { Clock } from '@vigie/shared/kit/clock';
import { stamp } from '@vigie/shared/kit/zone';
import { bucketOf, dayOf, type Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import type { DeviceState } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import { and, asc, desc, eq, gt, inArray, isNull, like, or, sql } from 'drizzle-orm';
import { createDaySnapshots } from './day-snapshots.ts';
import { bucket, device, entry, report, source } from './schema.ts';
import type { Store } from './store.ts';

export type SourceRow = typeof source.$inferSelect;
export type SourceName = DeviceAddress & { source: string };

/** What makes a day equal to `told`, its figures at change `seq` of the source: paths that go, entries that come or are others. */
export type DayChange = { told: Bucket; seq: number; gone: readonly string[]; come: readonly Entry[] };

/** Sources and their inventories, by bucket. */
export type Inventories = {
  /** The source's row; made when the device tells of a source for the first time or after its ledger began anew. */
  open(name: SourceName, generation: string): SourceRow;
  find(name: SourceName): SourceRow | undefined;
  ofDevice(address: DeviceAddress): SourceRow[];
  /** One asset has come or gone, as change `seq` of the source. Repetitions and old news change nothing. */
  change(row: SourceRow, changed: Entry, seq: number, sign: 1 | -1): void;
  /** An asset was taken at another time than its name tells. Its path, its bucket and its digest stay. */
  retime(row: SourceRow, path: string, capturedAt: number): void;
  buckets(row: SourceRow): Bucket[];
  /** Entries of one bucket. */
  ofBucket(row: SourceRow, day: string): Entry[];
  /** Is something known of one of these buckets that is newer than `seq`? */
  knowsNewer(row: SourceRow, days: readonly string[], seq: number): boolean;
  /**
   * Brings single days to what the device told of them, at one go. A day that would not have exactly the figures that were told, or
   * of which something newer is known by now, stays as it is. Answers the days that stay.
   */
  amend(row: SourceRow, changes: readonly DayChange[]): string[];
  /**
   * Puts snapshots of whole buckets, as of change `seq`, in place of what was known; all of them or none. Answers false, and changes
   * nothing, where something newer was known of one of them, or the device's ledger began anew meanwhile.
   */
  replace(row: SourceRow, days: readonly string[], entries: readonly Entry[], seq: number): Promise<boolean>;
  reconciled(row: SourceRow, seq: number, agree: boolean): void;
  /** The device, asked at that time, answered with what is known here. */
  confirmed(row: SourceRow, at: number): void;
  amount(row: SourceRow): { count: number; bytes: number };
  /** How much of what is named the source could send: what it has purged it cannot. */
  sendable(
    row: SourceRow,
    selected: { all: boolean; days: readonly string[]; paths: readonly string[] },
  ): { count: number; bytes: number };
  /** All entries, ordered by path. */
  entries(row: SourceRow): IterableIterator<Entry>;
  entry(row: SourceRow, path: string): Entry | undefined;
  /** Figures by calendar day, for one month or for all. */
  days(row: SourceRow, month?: string): { day: string; count: number; bytes: number }[];
  ofDay(row: SourceRow, day: string, offset: number, limit: number): { total: number; entries: Entry[] };
};

export function createInventories(store: Store, clock: Clock): Inventories {
  const { database } = store;
  const snapshots = createDaySnapshots(store);
  // Prepared once: each message of a device asks for it, and to write the text of a statement takes longer than to run it.
  const given = (name: string) => sql.placeholder(name);
  const named = database
    .select()
    .from(source)
    .where(and(eq(source.site, given('site')), eq(source.device, given('device')), eq(source.name, given('source'))))
    .prepare();
  const find = (name: SourceName): SourceRow | undefined =>
    named.get({ site: name.site, device: name.device, source: name.source });
  const inBucket = (id: number, day: string) => and(eq(bucket.sourceId, id), eq(bucket.day, day));
  const of = (row: SourceRow) => eq(entry.sourceId, row.id);
  const asEntry = (row: typeof entry.$inferSelect): Entry => ({
    path: row.path,
    size: row.size,
    ...(row.sha256 === null ? {} : { sha256: row.sha256 }),
    ...(row.modifiedAt === null ? {} : { modifiedAt: row.modifiedAt }),
    ...(row.unreadable === null ? {} : { unreadable: row.unreadable }),
    ...(row.purgedAt === null ? {} : { purgedAt: row.purgedAt }),
    ...(row.capturedAt === null ? {} : { capturedAt: row.capturedAt }),
  });
  const asRow = (row: SourceRow, e: Entry, knownAt: number, zone?: string) => ({
    sourceId: row.id,
    path: e.path,
    bucket: bucketOf(e.path),
    day: e.capturedAt === undefined ? dayOf(e.path) : trueDay(row, e.capturedAt, zone),
    size: e.size,
    sha256: e.sha256 ?? null,
    modifiedAt: e.modifiedAt ?? null,
    unreadable: e.unreadable ?? null,
    purgedAt: e.purgedAt ?? null,
    capturedAt: e.capturedAt ?? null,
    knownAt,
  });
  const one = (row: SourceRow, path: string) =>
    database
      .select()
      .from(entry)
      .where(and(of(row), eq(entry.path, path)))
      .get();

  /**
   * The time of what becomes known now. It is after that of every report made so far, whatever the hub's clock did since: a report
   * speaks of an entry only if it is not older than it.
   */
  function knownNow(): number {
    const newest = database
      .select({ at: report.createdAt })
      .from(report)
      .orderBy(desc(report.createdAt))
      .limit(1)
      .get();
    return Math.max(clock.now(), newest === undefined ? 0 : newest.at + 1);
  }

  /** The zone that the device has told. */
  function zoneOf(row: SourceRow): string {
    const at = and(eq(device.site, row.site), eq(device.device, row.device));
    const state = database.select({ state: device.state }).from(device).where(at).get()?.state;
    const told = state ? (JSON.parse(state) as DeviceState).sources.find(({ name }) => name === row.name) : undefined;
    return told?.zone ?? 'UTC';
  }

  const trueDay = (row: SourceRow, capturedAt: number, zone = zoneOf(row)): string =>
    stamp(capturedAt, zone).slice(0, 8);

  const knowsNewer = (row: SourceRow, days: readonly string[], seq: number): boolean =>
    days.some((day) => (database.select().from(bucket).where(inBucket(row.id, day)).get()?.seq ?? 0) > seq);

  function put(row: SourceRow, changed: Entry, knownAt: number): void {
    const value = asRow(row, changed, knownAt);
    database
      .insert(entry)
      .values(value)
      .onConflictDoUpdate({ target: [entry.sourceId, entry.path], set: value })
      .run();
  }

  function take(row: SourceRow, path: string): void {
    database
      .delete(entry)
      .where(and(of(row), eq(entry.path, path)))
      .run();
  }

  /** Call it inside a transaction. Answers false, and changes nothing, where the outcome would not be what was told. */
  function amendDay(row: SourceRow, { told, seq, gone, come }: DayChange, now: number): boolean {
    const { day } = told;
    const known = database.select().from(bucket).where(inBucket(row.id, day)).get();
    if (known && known.seq > seq) return false;
    const arriving = new Set(come.map(({ path }) => path));
    const leaving = gone.filter((path) => !arriving.has(path));
    const before = new Map([...arriving, ...leaving].map((path) => [path, one(row, path)]));
    let figures: Bucket = known ?? { day, count: 0, bytes: 0, digest: EMPTY_DIGEST };
    for (const there of before.values()) if (there) figures = adjust(figures, asEntry(there), -1);
    for (const e of come) figures = adjust(figures, e, 1);
    const { count, bytes, digest } = figures;
    if (count !== told.count || bytes !== told.bytes || digest !== told.digest) return false;
    for (const path of leaving) take(row, path);
    for (const e of come) {
      const there = before.get(e.path);
      put(row, e, there && isSame(there, e) ? there.knownAt : now);
    }
    keep(row.id, { day, count, bytes, digest }, seq);
    return true;
  }

  function keep(id: number, value: Bucket, seq: number): void {
    database
      .insert(bucket)
      .values({ sourceId: id, ...value, seq })
      .onConflictDoUpdate({ target: [bucket.sourceId, bucket.day], set: { ...value, seq } })
      .run();
  }

  return {
    open(name, generation) {
      return database.transaction(() => {
        const known = find(name);
        if (known?.generation === generation) return known;
        if (known) {
          // The device's ledger began anew: what was known is kept until its digest says what holds.
          const values = { generation, seq: 0, reconciled: false, confirmedAt: null };
          database.update(bucket).set({ seq: 0 }).where(eq(bucket.sourceId, known.id)).run();
          return database.update(source).set(values).where(eq(source.id, known.id)).returning().get();
        }
        const { site, device, source: sourceName } = name;
        return database.insert(source).values({ site, device, name: sourceName, generation }).returning().get();
      });
    },
    find,
    ofDevice: ({ site, device }) =>
      database
        .select()
        .from(source)
        .where(and(eq(source.site, site), eq(source.device, device)))
        .orderBy(asc(source.name))
        .all(),
    change(row, changed, seq, sign) {
      database.transaction(() => {
        const day = bucketOf(changed.path);
        const known = database.select().from(bucket).where(inBucket(row.id, day)).get();
        if (known && seq <= known.seq) return;
        let figures: Bucket = known ?? { day, count: 0, bytes: 0, digest: EMPTY_DIGEST };
        const there = one(row, changed.path);
        if (there) figures = adjust(figures, asEntry(there), -1);
        if (sign === 1) {
          figures = adjust(figures, changed, 1);
          put(row, changed, there && isSame(there, changed) ? there.knownAt : knownNow());
        } else take(row, changed.path);
        const { count, bytes, digest } = figures;
        keep(row.id, { day, count, bytes, digest }, seq);
        database
          .update(source)
          .set({ seq: sql`max(${source.seq}, ${seq})` })
          .where(eq(source.id, row.id))
          .run();
      });
    },
    retime(row, path, capturedAt) {
      database
        .update(entry)
        .set({ capturedAt, day: trueDay(row, capturedAt) })
        .where(and(of(row), eq(entry.path, path)))
        .run();
    },
    buckets: (row) =>
      database
        .select({ day: bucket.day, count: bucket.count, bytes: bucket.bytes, digest: bucket.digest })
        .from(bucket)
        .where(and(eq(bucket.sourceId, row.id), gt(bucket.count, 0)))
        .orderBy(asc(bucket.day))
        .all(),
    ofBucket: (row, day) =>
      database
        .select()
        .from(entry)
        .where(and(of(row), eq(entry.bucket, day)))
        .all()
        .map(asEntry),
    knowsNewer,
    amend: (row, changes) =>
      database.transaction(() => {
        const now = knownNow();
        return changes.filter((change) => !amendDay(row, change, now)).map(({ told }) => told.day);
      }),
    async replace(row, days, entries, seq) {
      const zone = zoneOf(row);
      return await snapshots.replace({
        ...{ sourceId: row.id, days, entries },
        rowOf: (told) => asRow(row, told, 0, zone),
        mayApply: () =>
          find({ ...row, source: row.name })?.generation === row.generation && !knowsNewer(row, days, seq),
        knownAt: knownNow,
        applied(figures) {
          for (const value of figures) keep(row.id, value, seq);
          database
            .update(source)
            .set({ seq: sql`max(${source.seq}, ${seq})` })
            .where(eq(source.id, row.id))
            .run();
        },
      });
    },
    reconciled(row, seq, agree) {
      const values = agree
        ? { reconciled: true, reconciledAt: clock.now(), seq: sql`max(${source.seq}, ${seq})` }
        : { reconciled: false };
      database.update(source).set(values).where(eq(source.id, row.id)).run();
    },
    confirmed: (row, at) => {
      database.update(source).set({ confirmedAt: at }).where(eq(source.id, row.id)).run();
    },
    amount: (row) =>
      database
        .select({
          count: sql<number>`coalesce(sum(${bucket.count}), 0)`,
          bytes: sql<number>`coalesce(sum(${bucket.bytes}), 0)`,
        })
        .from(bucket)
        .where(eq(bucket.sourceId, row.id))
        .get() ?? { count: 0, bytes: 0 },
    sendable(row, { all, days, paths }) {
      const named = all ? undefined : or(inArray(entry.bucket, [...days]), inArray(entry.path, [...paths]));
      const columns = { count: sql<number>`count(*)`, bytes: sql<number>`coalesce(sum(${entry.size}), 0)` };
      const where = and(of(row), isNull(entry.purgedAt), isNull(entry.unreadable), named);
      return database.select(columns).from(entry).where(where).get() ?? { count: 0, bytes: 0 };
    },
    *entries(row) {
      for (let last = ''; ; ) {
        const rows = database
          .select()
          .from(entry)
          .where(and(of(row), gt(entry.path, last)))
          .orderBy(asc(entry.path))
          .limit(5000)
          .all();
        for (const value of rows) yield asEntry(value);
        if (rows.length < 5000) return;
        last = (rows.at(-1) as (typeof rows)[number]).path;
      }
    },
    entry(row, path) {
      const found = one(row, path);
      return found && asEntry(found);
    },
    days: (row, month) =>
      database
        .select({
          day: entry.day,
          count: sql<number>`count(*)`,
          bytes: sql<number>`sum(${entry.size})`,
        })
        .from(entry)
        .where(and(of(row), month === undefined ? undefined : like(entry.day, `${month}%`)))
        .groupBy(entry.day)
        .orderBy(asc(entry.day))
        .all(),
    ofDay(row, day, offset, limit) {
      const where = and(of(row), eq(entry.day, day));
      const total = database.select({ total: sql<number>`count(*)` }).from(entry).where(where).get()?.total ?? 0;
      const rows = database
        .select()
        .from(entry)
        .where(where)
        .orderBy(asc(entry.path))
        .limit(limit)
        .offset(offset)
        .all();
      return { total, entries: rows.map(asEntry) };
    },
  };
}

/** Is this the content that was known? */
function isSame(known: typeof entry.$inferSelect, told: Entry): boolean {
  const { size, sha256, unreadable } = known;
  return size === told.size && sha256 === (told.sha256 ?? null) && unreadable === (told.unreadable ?? null);
}
