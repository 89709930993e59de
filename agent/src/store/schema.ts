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
 * repetition), `held` when it lies there, `purged` when its file was removed here after destinations had proved it (it stays in
 * the inventory), `removed` when it has been taken away.
 */
export const asset = sqliteTable(
  'asset',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    source: text().notNull(),
    state: text({ enum: ['intended', 'held', 'purged', 'removed'] }).notNull(),
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
    /** When it really was taken, where the clock that named it was wrong: an alias beside its name. */
    trueAt: integer(),
  },
  (t) => [
    uniqueIndex('asset_place').on(t.source, t.tree, t.path).where(sql`state = 'held'`),
    index('asset_day').on(t.source, t.day).where(sql`state = 'held'`),
    uniqueIndex('asset_job').on(t.jobId).where(sql`job_id is not null`),
    index('asset_purged').on(t.source, t.day).where(sql`state = 'purged'`),
    index('asset_age').on(t.capturedAt, t.id).where(sql`state = 'held'`),
    index('asset_bytes').on(t.source, t.size),
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

/** The instant before which a paused delivery is not tried; running its job on brings it back. */
export const NEVER = Number.MAX_SAFE_INTEGER;

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
    /** One of those that wait for the hours of the rest, where the destination takes one picture in so many. */
    thinned: integer({ mode: 'boolean' }).notNull().default(false),
    /** Owed because a re-sync ordered it; false where it was owed anyway, and outlasts the end of every re-sync. */
    ordered: integer({ mode: 'boolean' }).notNull().default(false),
    jobId: text(),
    receipt: text({ enum: ['size', 'digest'] }),
    errorCode: text(),
    errorMessage: text(),
    updatedAt: integer().notNull(),
    /** `source/kind` of its asset: what the hours of a destination distinguish. */
    sort: text().notNull().default(''),
    /** What it waits in, in text (`delivery-queues.ts`): the next one of each is found without a look at the others. */
    queue: text().generatedAlwaysAs(
      sql`lane || '/' || (not_before > 0) || '/' || min(attempts, 9) || '/' || thinned || '/' || sort`,
      { mode: 'virtual' },
    ),
  },
  (t) => [
    primaryKey({ columns: [t.assetId, t.destination] }),
    index('delivery_queue').on(t.destination, t.queue, t.capturedAt).where(sql`state in ('pending', 'failed')`),
    index('delivery_put_off')
      .on(t.destination, t.notBefore)
      .where(sql`state in ('pending', 'failed') and not_before > 0`),
    index('delivery_job').on(t.jobId, t.state).where(sql`job_id is not null`),
    index('delivery_state').on(t.destination, t.state, t.updatedAt),
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
    state: text({ enum: ['prepared', 'running', 'captured', 'failed'] }).notNull(),
    code: text(),
    message: text(),
    finishedAt: integer(),
    /** When the camera was told to take it, by the clock of then. */
    takenAt: integer(),
    /** The same instant by the machine's own time since its boot, which no setting of the clock changes. */
    bootId: text(),
    bootMs: integer(),
    /** How far the clock was believed then. */
    trust: text({ enum: ['wrong', 'plausible', 'synchronised'] }),
    /** When it really was taken, where the clock turned out to have been wrong. */
    trueAt: integer(),
  },
  (t) => [
    index('capture_slot').on(t.source, t.slotAt),
    index('capture_true').on(t.source).where(sql`true_at is not null`),
  ],
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
  /** How far its assets are owed (`job-selection.ts`), in JSON; null once all are. */
  selecting: text(),
  /** How far its deliveries are brought in line with its state (`job-holding.ts`), in JSON; null once all are. */
  holding: text(),
});

/** Deliveries of each job by state, kept by triggers so that its progress costs the same at any size. */
export const jobTally = sqliteTable(
  'job_tally',
  { jobId: text().notNull(), state: text().notNull(), count: integer().notNull(), bytes: integer().notNull() },
  (t) => [primaryKey({ columns: [t.jobId, t.state] })],
);

/**
 * Kept files that are being removed, or have been: written before the first name goes, so that a crash in between is finished at
 * the next start. A row with an asset stays as the record of its purge; one without goes when its names are gone.
 */
export const purge = sqliteTable(
  'purge',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** The asset that leaves with these names; null for a further name or an original of which something else was made. */
    assetId: integer(),
    source: text().notNull(),
    /** JSON list of paths below the watched folder's root, `result/…`, `preserve/…`. */
    names: text().notNull(),
    size: integer().notNull(),
    modifiedAt: integer().notNull(),
    reason: text().notNull(),
    /** JSON list of the destinations that proved it. */
    provedAt: text().notNull(),
    at: integer().notNull(),
    /** When all its names were gone for good. */
    doneAt: integer(),
  },
  (t) => [
    uniqueIndex('purge_asset').on(t.assetId).where(sql`asset_id is not null`),
    index('purge_open').on(t.id).where(sql`done_at is null`),
  ],
);

/** How much of each source's inventory is purged. */
export const purgedAmount = sqliteTable('purged_amount', {
  source: text().primaryKey(),
  count: integer().notNull(),
  bytes: integer().notNull(),
});

/** Which original a made file came from, by their bytes: told before the made file is filed. */
export const made = sqliteTable(
  'made',
  {
    source: text().notNull(),
    sha256: text().notNull(),
    originalSha256: text().notNull(),
    originalSize: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.source, t.sha256, t.originalSha256] }),
    index('made_original').on(t.source, t.originalSize),
  ],
);

/** The free room of a file system at a time, for the forecast. `volume` is the first source on it, or empty for the ledger's. */
export const diskSample = sqliteTable(
  'disk_sample',
  {
    volume: text().notNull(),
    at: integer().notNull(),
    freeBytes: integer().notNull(),
    freeInodes: integer(),
  },
  (t) => [primaryKey({ columns: [t.volume, t.at] })],
);

/** Every slot that was expected, in the one state that it is in. What is captured follows its deliveries, by triggers. */
export const slot = sqliteTable(
  'slot',
  {
    source: text().notNull(),
    at: integer().notNull(),
    /** `YYYYMMDD` in the source's zone. */
    day: text().notNull(),
    /** `forgotten` is a row on its way out, whose count stays. */
    state: text({
      enum: ['begun', 'captured', 'delivered', 'unreadable', 'failed', 'off', 'excluded', 'forgotten'],
    }).notNull(),
    code: text(),
    message: text(),
    /** The attempt that counts. */
    captureId: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.source, t.at] }),
    index('slot_day').on(t.source, t.day),
    index('slot_capture').on(t.captureId),
  ],
);

/** Slots of a day by state, kept by triggers. */
export const slotTally = sqliteTable(
  'slot_tally',
  {
    source: text().notNull(),
    day: text().notNull(),
    state: text().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.source, t.day, t.state] })],
);

/** A file that a capture has brought into input, by its name there, until the job that took it has filed it. */
export const captureFile = sqliteTable(
  'capture_file',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    captureId: integer().notNull(),
    source: text().notNull(),
    name: text().notNull(),
    jobId: text(),
    /** Why its bytes were not kept. */
    rejected: text(),
    /** Filed or rejected: its name in input means another file from now on. */
    done: integer({ mode: 'boolean' }).notNull().default(false),
    /** The name that its true time would have given it. */
    alias: text(),
  },
  (t) => [
    index('capture_file_capture').on(t.captureId),
    index('capture_file_job').on(t.jobId),
    index('capture_file_open').on(t.source, t.name).where(sql`done = 0`),
  ],
);

/** Which assets have come from which captured file. */
export const captureAsset = sqliteTable(
  'capture_asset',
  { assetId: integer().primaryKey(), captureFileId: integer().notNull() },
  (t) => [index('capture_asset_file').on(t.captureFileId)],
);

/** Files that a source's `folder` camera has copied, by a digest of path, size and time of change: none is taken twice. */
export const takenFile = sqliteTable(
  'taken_file',
  { source: text().notNull(), key: text().notNull(), at: integer().notNull() },
  (t) => [primaryKey({ columns: [t.source, t.key] })],
);

/** Copies on a camera's card that are to go once the same bytes are verified at all destinations: everything by which one is known again. */
export const cardCopy = sqliteTable(
  'card_copy',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    source: text().notNull(),
    /** The camera body's serial number. */
    serial: text().notNull(),
    /** The card, as far as the camera tells cards apart. */
    card: text().notNull(),
    folder: text().notNull(),
    name: text().notNull(),
    bytes: integer().notNull(),
    /** By the camera's clock. */
    modifiedAt: integer().notNull(),
    sha256: text().notNull(),
    /** Not to be tried before. */
    notBefore: integer().notNull().default(0),
  },
  (t) => [index('card_copy_source').on(t.source, t.id)],
);

/** Bytes sent to a destination in a calendar month (`YYYY-MM`, in the agent's zone), where that is limited. */
export const sentAmount = sqliteTable(
  'sent_amount',
  { destination: text().notNull(), month: text().notNull(), bytes: integer().notNull() },
  (t) => [primaryKey({ columns: [t.destination, t.month] })],
);

/** Outage drills: the agent acts as in an outage. One that has not ended goes on when the agent starts. */
export const drill = sqliteTable('drill', {
  id: text().primaryKey(),
  by: text().notNull(),
  forMs: integer().notNull(),
  startedAt: integer().notNull(),
  /** How long it has lasted, by the time that no clock setting changes. */
  spentMs: integer().notNull(),
  /** Assets above this one were taken meanwhile. */
  firstAsset: integer().notNull(),
  endedAt: integer(),
});
