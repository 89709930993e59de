import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** The agent's ledger. Times are milliseconds since 1970, sizes are bytes. Migrations are generated from this file. */

/** Single facts: generation, counters. */
export const fact = sqliteTable('fact', { key: text().primaryKey(), value: text().notNull() });

/** A source's inventory: its sequence grows by one with every asset that comes or goes. */
export const source = sqliteTable('source', {
  name: text().primaryKey(),
  seq: integer().notNull().default(0),
  captures: integer().notNull().default(0),
});

/**
 * One kept file. `intended` is written before the file has its name (a crash in between is told apart from a
 * repetition), `held` when it lies there, `removed` when it has been taken away.
 */
export const asset = sqliteTable(
  'asset',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    source: text().notNull(),
    state: text({ enum: ['intended', 'held', 'removed'] }).notNull(),
    jobId: text(),
    /** Which tree of the watched folder holds it, and its path below that tree. */
    tree: text({ enum: ['result', 'failure'] }).notNull(),
    path: text().notNull(),
    /** Its day folder in the inventory. */
    day: text().notNull(),
    size: integer().notNull(),
    sha256: text().notNull(),
    kind: text({ enum: ['jpg', 'raw', 'video', 'sidecar', 'other'] }).notNull(),
    capturedAt: integer().notNull(),
    modifiedAt: integer().notNull(),
    unreadable: text(),
    createdAt: integer().notNull(),
  },
  (t) => [
    uniqueIndex('asset_place').on(t.source, t.tree, t.path).where(sql`state = 'held'`),
    index('asset_day').on(t.source, t.day).where(sql`state = 'held'`),
    uniqueIndex('asset_job').on(t.jobId).where(sql`job_id is not null`),
  ],
);

/** A day of an inventory in figures, kept up to date with every asset that comes or goes. */
export const bucket = sqliteTable(
  'bucket',
  {
    source: text().notNull(),
    day: text().notNull(),
    count: integer().notNull(),
    bytes: integer().notNull(),
    digest: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.source, t.day] })],
);

/** One asset that is owed to one destination. */
export const delivery = sqliteTable(
  'delivery',
  {
    assetId: integer()
      .notNull()
      .references(() => asset.id),
    destination: text().notNull(),
    state: text({ enum: ['pending', 'sending', 'verified', 'failed', 'withdrawn'] }).notNull(),
    lane: text({ enum: ['live', 'backfill'] }).notNull(),
    /** Order within its lane: capture time; the live lane takes the highest first, the backfill lane the lowest. */
    capturedAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    /** Not to be tried before. */
    notBefore: integer().notNull().default(0),
    /** May the right bytes be put over wrong ones? */
    replace: integer({ mode: 'boolean' }).notNull().default(false),
    jobId: text(),
    receipt: text({ enum: ['size', 'digest'] }),
    errorCode: text(),
    errorMessage: text(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.assetId, t.destination] }),
    index('delivery_due').on(t.destination, t.lane, t.capturedAt).where(sql`state in ('pending', 'failed')`),
    index('delivery_job').on(t.jobId, t.state).where(sql`job_id is not null`),
    index('delivery_state').on(t.destination, t.state),
  ],
);

/** Figures of each source and destination, kept by triggers so that a state message costs the same at any size. */
export const tally = sqliteTable(
  'tally',
  {
    source: text().notNull(),
    destination: text().notNull(),
    state: text().notNull(),
    count: integer().notNull(),
    bytes: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.source, t.destination, t.state] })],
);

/** Events that the hub has not yet acknowledged, in a gap-free sequence. */
export const outbox = sqliteTable('outbox', {
  seq: integer().primaryKey(),
  type: text().notNull(),
  payload: text().notNull(),
});

/** Every attempt to take a picture, by the slot that expected it. */
export const capture = sqliteTable(
  'capture',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    source: text().notNull(),
    slotAt: integer().notNull(),
    state: text({ enum: ['running', 'captured', 'failed'] }).notNull(),
    code: text(),
    message: text(),
    finishedAt: integer(),
  },
  (t) => [index('capture_slot').on(t.source, t.slotAt)],
);

/** The last replies to commands: a command that comes again gets the same one. */
export const reply = sqliteTable('reply', {
  id: text().primaryKey(),
  at: integer().notNull(),
  payload: text().notNull(),
});

/** Jobs that the hub has ordered, with the figures that its progress is told by. */
export const job = sqliteTable('job', {
  id: text().primaryKey(),
  version: integer().notNull(),
  state: text({
    enum: ['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'REJECTED', 'CANCELLED'],
  }).notNull(),
  order: text().notNull(),
  totalCount: integer().notNull().default(0),
  totalBytes: integer().notNull().default(0),
  absent: integer().notNull().default(0),
  message: text(),
  toldAt: integer().notNull().default(0),
  updatedAt: integer().notNull(),
});
