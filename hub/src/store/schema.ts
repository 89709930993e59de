import { ACTIONS } from '@vigie/shared/protocol/report';
import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * The hub's database. Times are milliseconds since 1970, sizes are bytes. Everything here can be rebuilt from agents and
 * destinations; users and audit have tables of their own (`users/`). Migrations are generated from this file.
 */

export const device = sqliteTable(
  'device',
  {
    site: text().notNull(),
    device: text().notNull(),
    generation: text().notNull(),
    session: integer().notNull(),
    version: text().notNull(),
    /** What its birth or last will said last. */
    status: text({ enum: ['init', 'ready', 'sleeping', 'disconnected', 'lost'] }).notNull(),
    statusAt: integer().notNull(),
    lastHeardAt: integer().notNull(),
    presence: text({ enum: ['online', 'late', 'offline'] }).notNull(),
    presenceSince: integer().notNull(),
    /** The highest event of the generation below which none is missing. */
    ackedSeq: integer().notNull().default(0),
    state: text(),
    /** When the hub got that state fresh from the device. */
    stateAt: integer(),
    /** Since when an outage of it or of one of its destinations has waited for its report. */
    outageSince: integer(),
  },
  (t) => [primaryKey({ columns: [t.site, t.device] })],
);

/** A source's inventory as the hub knows it. */
export const source = sqliteTable(
  'source',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    site: text().notNull(),
    device: text().notNull(),
    name: text().notNull(),
    generation: text().notNull(),
    /** The newest change of the inventory that the hub has seen. */
    seq: integer().notNull().default(0),
    /** Did the last comparison of digests find no difference? */
    reconciled: integer({ mode: 'boolean' }).notNull().default(false),
    reconciledAt: integer(),
    /** When the device was last asked, and answered with what the hub knew then: no message that had waited can claim that. */
    confirmedAt: integer(),
    previewAt: integer(),
  },
  (t) => [uniqueIndex('source_name').on(t.site, t.device, t.name)],
);

export const entry = sqliteTable(
  'entry',
  {
    sourceId: integer().notNull(),
    path: text().notNull(),
    bucket: text().notNull(),
    /** The day that the calendar shows it under. */
    day: text().notNull(),
    size: integer().notNull(),
    sha256: text(),
    modifiedAt: integer(),
    unreadable: text(),
    /** The device removed its file then, after a destination had proved it. */
    purgedAt: integer(),
    /** When it really was taken, where the clock that named it was wrong. */
    capturedAt: integer(),
    /** Since when the hub has known it with this size and digest; always after every report that was made before. */
    knownAt: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.sourceId, t.path] }),
    index('entry_bucket').on(t.sourceId, t.bucket),
    index('entry_day').on(t.sourceId, t.day, t.path),
    index('entry_true_time').on(t.sourceId, t.capturedAt).where(sql`captured_at is not null`),
  ],
);

export const bucket = sqliteTable(
  'bucket',
  {
    sourceId: integer().notNull(),
    day: text().notNull(),
    count: integer().notNull(),
    bytes: integer().notNull(),
    digest: text().notNull(),
    /** Changes up to this one are contained, by a snapshot or an event: an older event says nothing new. */
    seq: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);

/** Previews that devices have sent; the oldest go first. */
export const preview = sqliteTable(
  'preview',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    sourceId: integer().notNull(),
    /** The asset it shows, or null where the message did not say. */
    path: text(),
    at: integer().notNull(),
    jpeg: blob({ mode: 'buffer' }).notNull(),
  },
  (t) => [index('preview_path').on(t.sourceId, t.path)],
);

export const report = sqliteTable(
  'report',
  {
    id: text().primaryKey(),
    state: text({ enum: ['queued', 'running', 'completed', 'failed', 'cancelled'] }).notNull(),
    createdAt: integer().notNull(),
    startedAt: integer(),
    completedAt: integer(),
    left: text().notNull(),
    right: text().notNull(),
    filter: text().notNull(),
    /** By what a destination is compared: names and sizes of its list, or the digests of all its bytes. */
    proof: text({ enum: ['size', 'digest'] })
      .notNull()
      .default('size'),
    by: text().notNull(),
    trigger: text({ enum: ['person', 'outage', 'resync', 'rerun', 'schedule'] }).notNull(),
    /** Start the re-sync of what can be mended once it has completed. */
    sync: integer({ mode: 'boolean' }).notNull().default(false),
    asOf: integer(),
    folders: integer().notNull().default(0),
    entries: integer().notNull().default(0),
    error: text(),
    figures: text(),
    matchedByDigest: integer().notNull().default(0),
    mendableCount: integer().notNull().default(0),
    mendableBytes: integer().notNull().default(0),
    /** What has changed since the last report of the same pair and filter, as it was when this one completed. */
    previous: text(),
    /** Was every folder to be listed, whatever is kept of it? */
    full: integer({ mode: 'boolean' }).notNull().default(false),
    /** JSON: the filter of the destination itself, by which assets were not expected there; null where it takes everything. */
    taken: text(),
    /** JSON: what its destination's list rests on; null before that is known, and for other sides. */
    listing: text(),
  },
  (t) => [
    index('report_created').on(t.createdAt),
    index('report_pair').on(t.left, t.right, t.createdAt, t.state, t.completedAt),
  ],
);

export const unmatched = sqliteTable(
  'unmatched',
  {
    reportId: text().notNull(),
    n: integer().notNull(),
    class: text({ enum: ['missing', 'extra', 'differing', 'corrupt', 'unreadable'] }).notNull(),
    path: text().notNull(),
    sourceSize: integer(),
    destinationSize: integer(),
    cause: text().notNull(),
    /** What mends it. A report of an earlier version did not say: to run it again does. */
    action: text({ enum: ACTIONS }).notNull().default('rerun'),
    /** The last report did not name it, or named it in another class. */
    isNew: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.reportId, t.n] }),
    index('unmatched_class').on(t.reportId, t.class, t.n),
    index('unmatched_new').on(t.reportId, t.n).where(sql`is_new = 1`),
    index('unmatched_path').on(t.reportId, t.path),
  ],
);

export const job = sqliteTable(
  'job',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    want: text({ enum: ['run', 'pause', 'cancel'] }).notNull(),
    state: text({
      enum: ['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'REJECTED', 'CANCELLED'],
    }).notNull(),
    reportId: text(),
    site: text().notNull(),
    device: text().notNull(),
    source: text().notNull(),
    destination: text().notNull(),
    selection: text().notNull(),
    totalCount: integer().notNull(),
    totalBytes: integer().notNull(),
    doneCount: integer().notNull().default(0),
    doneBytes: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    message: text(),
    by: text().notNull(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    updatedAt: integer().notNull(),
    completedAt: integer(),
  },
  (t) => [
    index('job_open').on(t.site, t.device).where(sql`state in ('QUEUED', 'RUNNING', 'PAUSED')`),
    index('job_report').on(t.reportId),
  ],
);

export const activity = sqliteTable('activity', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  site: text(),
  device: text(),
  type: text().notNull(),
  message: text().notNull(),
});

/** Reports that are gone, whose unmatched entries are still to be deleted, a portion at a time. */
export const removedReport = sqliteTable('removed_report', { reportId: text().primaryKey() });

/** How far each schedule of reports has come. */
export const reportSchedule = sqliteTable('report_schedule', {
  /** The schedule as configured: one that is changed begins anew. */
  schedule: text().primaryKey(),
  /** Runs up to this instant are decided on. */
  decidedAt: integer().notNull(),
  /** JSON: pairs whose report was due while another of theirs was under way. */
  waiting: text().notNull(),
});

/** How fast a device has lately delivered to a destination. */
export const deliveryRate = sqliteTable(
  'delivery_rate',
  { site: text().notNull(), device: text().notNull(), destination: text().notNull(), bytesPerSecond: real().notNull() },
  (t) => [primaryKey({ columns: [t.site, t.device, t.destination] })],
);

/** Answers to what operators ordered by MQTT, so that a command that comes twice is carried out once. */
export const operatorReply = sqliteTable(
  'operator_reply',
  {
    /** The command's id. */
    id: text().primaryKey(),
    name: text().notNull(),
    at: integer().notNull(),
    /** The newest reply. */
    payload: text().notNull(),
    /** Has the broker taken it? */
    told: integer({ mode: 'boolean' }).notNull(),
    /** The report whose end will be told by another reply; null where none is awaited. */
    awaits: text(),
    /** How many unmatched assets that reply lists at most. */
    entries: integer().notNull(),
  },
  (t) => [index('operator_reply_awaits').on(t.awaits)],
);

/** Outage drills, followed from the order to the sheet. */
export const drill = sqliteTable(
  'drill',
  {
    id: text().primaryKey(),
    site: text().notNull(),
    device: text().notNull(),
    by: text().notNull(),
    /** Was it ordered of the device itself, without the hub? */
    atDevice: integer({ mode: 'boolean' }).notNull(),
    forMs: integer().notNull(),
    state: text({ enum: ['ordered', 'begun', 'away', 'back', 'passed', 'failed', 'refused'] }).notNull(),
    orderedAt: integer().notNull(),
    begunAt: integer(),
    vanishedAt: integer(),
    returnedAt: integer(),
    /** When the device's queue was empty, but for pictures just taken. */
    drainedAt: integer(),
    greenAt: integer(),
    endedAt: integer(),
    /** JSON: what the device told of it. */
    told: text(),
    /** The shortest queue that was seen since the return. */
    lowest: integer(),
    missing: integer(),
    /** JSON: the reports that it was judged by. */
    reports: text().notNull().default('[]'),
    /** JSON: why it did not pass, in words. */
    reasons: text().notNull().default('[]'),
  },
  (t) => [
    index('drill_open').on(t.site, t.device).where(sql`ended_at is null`),
    index('drill_ordered').on(t.orderedAt),
  ],
);

/** What the last listing of a destination found in each of its folders, so that an unchanged one need not be listed again. */
export const listedFolder = sqliteTable(
  'listed_folder',
  {
    /** The destination's address with the folder of the source: a destination that is configured anew begins anew. */
    place: text().notNull(),
    path: text().notNull(),
    bucket: text().notNull(),
    /** What the server told of the folder before it was read; empty where it told nothing. */
    mark: text().notNull(),
    /** The folder's time of change, by the server's clock. */
    modifiedAt: integer().notNull(),
    /** When the hub was first told this mark, and when it read the folder; 0 until the report that rests on it is there. */
    seenAt: integer().notNull(),
    listedAt: integer().notNull(),
    /** Has it no folders below? */
    isLeaf: integer({ mode: 'boolean' }).notNull(),
    /** JSON: its entries in figures. */
    shape: text().notNull(),
    /** Gzip of JSON: its entries. */
    entries: blob({ mode: 'buffer' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.place, t.path] }), index('listed_folder_bucket').on(t.place, t.bucket)],
);

/** The figures of a source's buckets by path and size alone, as long as their digest is the one that they were made at. */
export const bucketShape = sqliteTable(
  'bucket_shape',
  {
    sourceId: integer().notNull(),
    day: text().notNull(),
    digest: text().notNull(),
    shape: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);

/** The day folders that a report did not list again. */
export const keptDays = sqliteTable('kept_days', {
  reportId: text().primaryKey(),
  /** JSON: their names. */
  days: text().notNull(),
});

/** One-time tokens by which devices are enrolled. A token is known by the hash of its secret alone. */
export const enrolmentToken = sqliteTable('enrolment_token', {
  id: integer().primaryKey({ autoIncrement: true }),
  device: text().notNull(),
  secretHash: text().notNull().unique(),
  by: text().notNull(),
  madeAt: integer().notNull(),
  expiresAt: integer().notNull(),
  usedAt: integer(),
  /** The key that it was used for: the same device may ask again when an answer got lost. */
  usedKey: text(),
});

/**
 * Who may speak as a device. The newest row of a name is its identity, the others are those before it. With the client certificates
 * below this cannot be rebuilt: a backup of the hub holds it.
 */
export const identity = sqliteTable(
  'identity',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    device: text().notNull(),
    state: text({ enum: ['active', 'quarantined', 'revoked', 'replaced'] }).notNull(),
    /** Why it is in quarantine or revoked. */
    reason: text(),
    by: text().notNull(),
    sshPublicKey: text().notNull(),
    enrolledAt: integer().notNull(),
    changedAt: integer().notNull(),
    /** The end of its newest certificate. */
    notAfter: integer().notNull(),
    /** An expired certificate has asked for a new one; and who has approved that. */
    renewalAskedAt: integer(),
    renewalApprovedBy: text(),
    /** Since when every door stands as the state says; null while one does not. */
    settledAt: integer(),
    /** Doors that do not stand so yet, with the reason: JSON. */
    unsettled: text().notNull().default('{}'),
    /** The lives that have spoken under it: JSON. */
    lives: text(),
  },
  (t) => [
    index('identity_device').on(t.device, t.id),
    index('identity_unsettled').on(t.device).where(sql`settled_at is null`),
  ],
);

/** Every client certificate that the hub has signed for devices. */
export const clientCertificate = sqliteTable('client_certificate', {
  serial: text().primaryKey(),
  identityId: integer().notNull(),
  fingerprint: text().notNull().unique(),
  keyDigest: text().notNull(),
  signedAt: integer().notNull(),
  notAfter: integer().notNull(),
});
