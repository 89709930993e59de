import { z } from 'zod';
import { identifier, KINDS } from './asset.ts';
import { DRILL_MS, JOB_ORDERS, operatorSelection } from './command.ts';
import { CLASSES } from './report.ts';

/**
 * What operators order of the hub: `vigie/v1/hub/command/<name>`, answered on `vigie/v1/hub/reply/<name>`, in the envelope of a
 * device's commands (`command` and `reply` in `command.ts`). Everything that the HTTP API lets an operator do with the fleet is here.
 */
export const HUB_COMMANDS = [
  'fleet',
  'reports',
  'report',
  'report-status',
  'report-cancel',
  'report-remove',
  'rerun',
  'resync',
  'jobs',
  'job',
  'drill',
  'drills',
  'certificates',
  'schedules',
  'activity',
] as const;
export type HubCommandName = (typeof HUB_COMMANDS)[number];

/** Bytes of one command to the hub at most. */
export const HUB_COMMAND_BYTES_MAX = 64 * 1024;
/** Commands that the hub takes within a second, once a burst of them is spent. */
export const HUB_COMMANDS_PER_SECOND = 10;
export const HUB_COMMANDS_BURST = 50;

const day = z.string().regex(/^\d{8}$/, 'a day, YYYYMMDD, is allowed');
const reportId = z.string().min(1).max(64);
const place = { site: identifier, device: identifier, source: identifier };

/** A side of a report. The hub's own directories are for administrators, and so not for this way. */
const side = z.discriminatedUnion('type', [
  z.object({ type: z.literal('source'), ...place }),
  z.object({ type: z.literal('destination'), destination: identifier, ...place }),
]);

const filter = z.object({
  fromDay: day.optional(),
  toDay: day.optional(),
  kinds: z.array(z.enum(KINDS)).max(KINDS.length).optional(),
  pathPrefix: z.string().max(1000).optional(),
});

/** How many unmatched assets the answer lists at most. */
const entries = z.int().min(0).max(500).default(100);
const offset = z.int().min(0).max(100_000_000).default(0);

/** The arguments of each command to the hub. */
export const hubCommandArgs = {
  /** Devices with presence and backlog. */
  fleet: z.object({
    site: identifier.optional(),
    device: identifier.optional(),
    offset,
    limit: z.int().min(1).max(100).default(50),
  }),
  /** Reports, newest first. */
  reports: z.object({ offset, limit: z.int().min(1).max(50).default(10) }),
  /** Compares two sides: accepted with the report's id, then the report's document when it has ended. */
  report: z.object({
    left: side,
    right: side,
    filter: filter.default({}),
    proof: z.enum(['size', 'digest']).optional(),
    /** List every folder of the destination again, also those that seem unchanged. */
    full: z.boolean().optional(),
    entries,
  }),
  /** One report now, what it would take to mend it, and some of its unmatched assets. */
  'report-status': z.object({
    report: reportId,
    class: z.enum(CLASSES).optional(),
    /** Only paths that hold this. */
    search: z.string().max(200).optional(),
    /** Only what the last report did not name, or only the others. */
    new: z.boolean().optional(),
    offset,
    entries,
  }),
  'report-cancel': z.object({ report: reportId }),
  'report-remove': z.object({ report: reportId }),
  /** Compares the same sides anew, answered as `report`; with `sync` what is missing is then delivered again; `full` as in the report, where absent as before. */
  rerun: z.object({ report: reportId, sync: z.boolean(), full: z.boolean().optional(), entries }),
  /** Orders what mends a completed report, or assets that are named; with `preview` it only says what that would be. */
  resync: z.object({
    report: reportId.optional(),
    site: identifier.optional(),
    device: identifier.optional(),
    source: identifier.optional(),
    destination: identifier.optional(),
    ...operatorSelection,
  }),
  /** Re-syncs, newest first. */
  jobs: z.object({ open: z.boolean().default(false), limit: z.int().min(1).max(100).default(50) }),
  /** How far one re-sync is; with an order, after it was given. */
  job: z.object({ job: identifier, order: z.enum(JOB_ORDERS).optional() }),
  /** Has a device act as in an outage for so long; what came of it is on its sheet. */
  drill: z.object({ site: identifier, device: identifier, forMs: z.int().min(DRILL_MS.min).max(DRILL_MS.max) }),
  /** The sheets of outage drills, newest first; of one device, or one drill. */
  drills: z.object({
    site: identifier.optional(),
    device: identifier.optional(),
    drill: identifier.optional(),
    limit: z.int().min(1).max(100).default(20),
  }),
  /** The completeness certificates of a source, newest day first; with a day, what one of that day does not vouch for. */
  certificates: z.object({
    ...place,
    day: day.optional(),
    /** Absent: the newest of the day. */
    number: z.int().min(1).max(9999).optional(),
    offset,
    limit: z.int().min(1).max(100).default(31),
  }),
  /** What the hub does by itself, and what it keeps for how long: as its configuration says. */
  schedules: z.object({}),
  /** What happened lately, newest first. */
  activity: z.object({ limit: z.int().min(1).max(200).default(50) }),
} satisfies Record<HubCommandName, z.ZodType>;
export type HubCommandArgs = { [N in HubCommandName]: z.infer<(typeof hubCommandArgs)[N]> };
