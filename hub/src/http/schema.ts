import { z } from '@hono/zod-openapi';
import { toldFilter } from '@vigie/shared/protocol/destination-filter';
import { deviceState, JOB_STATES } from '@vigie/shared/protocol/messages';
import { ACTIONS, CLASSES, REPORT_STATES } from '@vigie/shared/protocol/report';

/**
 * The HTTP API's documents: one set of schemas for the server, the dashboard's types and the OpenAPI page. Times are ISO
 * 8601 in UTC; sizes are bytes.
 */
const instant = z.iso.datetime();
const count = z.int().nonnegative();

export const problem = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      /** With the code `input`: each value that is not as it should be. */
      fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    }),
  })
  .openapi('Problem');

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export const user = z
  .object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(ROLES), createdAt: instant })
  .openapi('User');
export const session = z
  .object({ setupNeeded: z.boolean(), user: user.nullable(), version: z.string() })
  .openapi('Session');
export const setupRequest = z.object({
  code: z.string().min(1).max(64),
  name: z.string().min(1).max(100),
  email: z.email(),
  password: z.string().min(10).max(128),
});
export const newUser = setupRequest.omit({ code: true }).extend({ role: z.enum(ROLES) });

export const userChange = z.object({
  name: z.string().min(1).max(100).optional(),
  role: z.enum(ROLES).optional(),
  password: z.string().min(10).max(128).optional(),
});
export const passwordChange = z.object({
  currentPassword: z.string().min(1).max(128),
  newPassword: z.string().min(10).max(128),
});
export const credentials = z.object({ email: z.email(), password: z.string().min(1).max(128) });

/** A deed in the audit log. `hash` chains it to the one before. */
export const auditEntry = z
  .object({
    id: z.int(),
    at: instant,
    actor: z.string(),
    address: z.string(),
    action: z.string(),
    target: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    hash: z.string(),
  })
  .openapi('AuditEntry');
export const auditPage = z.object({ total: count, entries: z.array(auditEntry) }).openapi('AuditPage');

const amount = z.object({ count, bytes: count }).openapi('Amount');
const totals = amount.extend({ byKind: z.object({ jpg: amount, raw: amount, other: amount }) }).openapi('Totals');
/** A report's figures as Webcampak counts: what differs is missing on both sides. */
const fiveRows = z
  .object({
    source: totals,
    destination: totals,
    intersection: totals,
    missingInSource: totals,
    missingInDestination: totals,
  })
  .openapi('FiveRows');

export const device = z
  .object({
    site: z.string(),
    device: z.string(),
    /** online: heard of in time; late: overdue; offline: its will came or it is long overdue. */
    presence: z.enum(['online', 'late', 'offline']),
    since: instant,
    lastHeardAt: instant,
    version: z.string(),
    state: deviceState.nullable(),
    /** The outage drill for which it is away, and when it will be back by itself. */
    drill: z.object({ id: z.string(), until: instant }).nullable(),
    sources: z.array(
      z.object({
        name: z.string(),
        /** Entries the hub knows, and whether they agree with the device's own digest. */
        inventory: amount.extend({ reconciled: z.boolean() }),
        /** The newest preview: GET /api/v1/devices/{site}/{device}/sources/{source}/preview?v=… */
        previewAt: instant.nullable(),
      }),
    ),
  })
  .openapi('Device');

export const day = z.object({ day: z.string(), count, bytes: count }).openapi('Day');

export const picture = z
  .object({
    path: z.string(),
    name: z.string(),
    size: count,
    kind: z.enum(['jpg', 'raw', 'video', 'sidecar', 'other']),
    capturedAt: instant.nullable(),
    unreadable: z.string().nullable(),
    /** GET it for a preview of at most 20 KB. */
    previewUrl: z.string(),
    /** GET it for the original, from the first destination that has it. */
    originalUrl: z.string(),
  })
  .openapi('Picture');

export const picturePage = z.object({ total: count, pictures: z.array(picture) }).openapi('PicturePage');

/** One side of a report. */
export const side = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('source'), site: z.string(), device: z.string(), source: z.string() }),
    /** The folder of that source at a configured destination. */
    z.object({
      type: z.literal('destination'),
      destination: z.string(),
      site: z.string(),
      device: z.string(),
      source: z.string(),
    }),
    z.object({ type: z.literal('directory'), path: z.string().min(1).max(4096) }),
  ])
  .openapi('Side');
export type Side = z.infer<typeof side>;

export const newReportFilter = z
  .object({
    /** Day folders, YYYYMMDD, both included. */
    fromDay: z
      .string()
      .regex(/^\d{8}$/)
      .optional(),
    toDay: z
      .string()
      .regex(/^\d{8}$/)
      .optional(),
    kinds: z.array(z.enum(['jpg', 'raw', 'video', 'sidecar', 'other'])).optional(),
    /** Only paths that begin with this. */
    pathPrefix: z.string().max(1000).optional(),
  })
  .openapi('NewReportFilter');
export const reportFilter = newReportFilter
  .extend({
    /** Of a schedule: `fromDay` moves on with the calendar, so that these last days are compared. */
    lastDays: count.optional(),
  })
  .openapi('ReportFilter');

export const job = z
  .object({
    id: z.string(),
    site: z.string(),
    device: z.string(),
    source: z.string(),
    destination: z.string(),
    reportId: z.string().nullable(),
    state: z.enum(JOB_STATES),
    /** What was ordered last; differs from the state until the device has answered. */
    want: z.enum(['run', 'pause', 'cancel']),
    total: amount,
    done: amount,
    failed: count,
    message: z.string().nullable(),
    by: z.string(),
    createdAt: instant,
    updatedAt: instant,
    completedAt: instant.nullable(),
  })
  .openapi('Job');

/** By what a destination is compared: names and sizes as listed (the default), or the digests of all its bytes, which are read back. */
const proof = z.enum(['size', 'digest']);

const byClass = z.object({ missing: count, extra: count, differing: count, corrupt: count, unreadable: count });
/** An asset whose class has changed is gone from the old class and has appeared in the new one. */
export const sinceLast = z
  .object({
    /** The report before, or null where it has been removed since. */
    id: z.string().nullable(),
    completedAt: instant,
    /** Unmatched now, and not so in the report before. */
    appeared: byClass,
    /** Unmatched in the report before, and no longer so. */
    gone: byClass,
    /** Unmatched in both. */
    stayed: byClass,
  })
  .openapi('SinceLast');

const listing = z
  .object({
    /** `full`: every folder was read; `incremental`: those that had changed, and what was known of the others. */
    pass: z.enum(['full', 'incremental']),
    /** Day folders that were read for this report, and those that stand for what was read before. */
    daysListed: count,
    daysKept: count,
    /** Entries of either side that were compared one by one; the others by the figures of their day. */
    entriesCompared: count,
    /** Every folder was read then or later. */
    fullAt: instant,
  })
  .openapi('Listing');

export const report = z
  .object({
    id: z.string(),
    state: z.enum(REPORT_STATES),
    createdAt: instant,
    startedAt: instant.nullable(),
    completedAt: instant.nullable(),
    /** The report's left side is the source of truth, the right side the place that should hold the same. */
    left: side,
    right: side,
    filter: reportFilter,
    proof,
    /** Every folder of the destination was to be listed, also those that seem unchanged. */
    full: z.boolean(),
    by: z.string(),
    /** Why it was made: by a person, after an outage, after a re-sync, by a schedule. */
    trigger: z.enum(['person', 'outage', 'resync', 'rerun', 'schedule']),
    /** The left side is a source that could not be asked: its inventory is as of this time. Null when it was asked. */
    asOf: instant.nullable(),
    /** While running: folders and entries read. */
    progress: z.object({ folders: count, entries: count }),
    /** Why it failed; which folder could not be read. */
    error: z.string().nullable(),
    /** How much of what matched rests on digests on both sides; the rest was matched by size. */
    matchedByDigest: count,
    source: totals,
    destination: totals,
    matched: totals,
    missing: totals,
    extra: totals,
    differing: totals,
    corrupt: totals,
    unreadable: totals,
    fiveRows,
    /** Unmatched assets that a re-sync could mend; 0 when the left side is no source. */
    mendable: amount,
    /** What has changed since the last completed report of the same sides and filter; null where there is none. */
    previous: sinceLast.nullable(),
    /** What the list of the destination rests on; null for other sides, and before it is known. */
    listing: listing.nullable(),
    /** The destination's own filter: what it leaves out was not expected there, and counts on neither side where it is absent. Null: it takes everything. */
    taken: toldFilter.nullable(),
    /** The re-syncs that this report started. */
    jobs: z.array(job),
  })
  .openapi('Report');

export const reportPage = z.object({ total: count, reports: z.array(report) }).openapi('ReportPage');

export const newReport = z
  .object({
    left: side,
    right: side,
    filter: newReportFilter.default({}),
    proof: proof.optional(),
    /** List every folder of the destination again, also those that seem unchanged. */
    full: z.boolean().optional(),
  })
  .openapi('NewReport');

export const unmatchedEntry = z
  .object({
    class: z.enum(CLASSES),
    path: z.string(),
    sourceSize: count.nullable(),
    destinationSize: count.nullable(),
    cause: z.string(),
    /** The report before did not name it, or named it in another class. */
    isNew: z.boolean(),
    /** What mends it; `resync` and `resync-replace` are done by Re-run & Sync. */
    action: z.enum(ACTIONS),
    /** The action in words for a person. */
    advice: z.string(),
  })
  .openapi('UnmatchedEntry');

export const unmatchedPage = z.object({ total: count, entries: z.array(unmatchedEntry) }).openapi('UnmatchedPage');

/**
 * Asks before it acts: what a re-sync would move, and how long that takes at the rate seen lately; and what it would leave, by
 * what mends that instead, the most first.
 */
export const estimate = z
  .object({
    total: amount,
    seconds: z.number().nullable(),
    left: z.array(z.object({ action: z.enum(ACTIONS), advice: z.string(), count, bytes: count })),
  })
  .openapi('Estimate');

export const destination = z
  .object({ name: z.string(), type: z.enum(['sftp', 'directory']), address: z.string() })
  .openapi('Destination');

/** Any JSON value. The generator of the OpenAPI page would follow its recursion without end. */
const anyJson = z.json().openapi({ type: ['string', 'number', 'boolean', 'null', 'array', 'object'] });

export const commandRequest = z.object({
  name: z.enum(['ping', 'capture', 'scan', 'recover-stage', 'retry-failed', 'pause-deliveries', 'resume-deliveries']),
  args: z.record(z.string(), anyJson).default({}),
});
export const commandResult = z
  .object({
    id: z.string(),
    status: z.enum(['ok', 'error', 'accepted', 'timeout']),
    data: anyJson.optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .openapi('CommandResult');

/** What happened lately, newest first: captures, deliveries, failures, outages, reports, jobs. */
export const activity = z
  .object({
    id: z.int(),
    at: instant,
    site: z.string().nullable(),
    device: z.string().nullable(),
    type: z.string(),
    message: z.string(),
  })
  .openapi('Activity');

/**
 * The live stream (GET /api/v1/live, server-sent events). Each event names what has changed, so that a page asks again for
 * just that; it holds no contents that a role could not read. The key `*` stands for anything of its topic: a client that
 * reads slowly gets that in place of many.
 */
export const LIVE_TOPICS = ['fleet', 'pictures', 'reports', 'jobs', 'drills', 'activity'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];
export const liveEvent = z.object({ topic: z.enum(LIVE_TOPICS), key: z.string() });
export type LiveEvent = z.infer<typeof liveEvent>;
