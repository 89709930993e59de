import { z } from 'zod';
import { entrySchema, identifier } from './asset.ts';
import { command, reply } from './command.ts';
import { toldFilter } from './destination-filter.ts';
import { drillBegun, drillEnded } from './drill.ts';
import { ENDPOINT_STATES_MAX, endpointState } from './endpoint-state.ts';
import { FINER_LEVELS } from './finer-levels.ts';
import { bucketSchema } from './inventory.ts';
import { powerState, sensorState } from './power-state.ts';
import type { Family } from './topics.ts';

/**
 * The payload of each topic family: one map for publishers, subscribers and `docs/protocol.md`. Times are milliseconds
 * since 1970 by the sender's clock; sizes are bytes. Schemas are loose towards keys that a later version may add:
 * unknown keys are dropped, not refused.
 */
const instant = z.number();
const text = (max: number) => z.string().max(max);

export const hubStatus = z.object({ state: z.enum(['online', 'offline']), session: z.int() });

/** Birth and last will. `session` counts the agent's starts: a will of an older session is ignored. */
export const deviceStatus = z.object({
  state: z.enum(['init', 'ready', 'sleeping', 'disconnected', 'lost']),
  session: z.int().nonnegative(),
  generation: text(40),
  version: text(40),
  at: instant,
  /** Events up to this one have been acknowledged and forgotten: a hub that is new begins after it. */
  ackedSeq: z.int().nonnegative(),
});

const amount = z.object({ count: z.int().nonnegative(), bytes: z.int().nonnegative() });

/** How far one destination is, seen from the device. */
export const destinationState = z.object({
  name: identifier,
  state: z.enum(['idle', 'delivering', 'waiting', 'stopped']),
  backlog: amount,
  oldestAt: instant.nullable(),
  verified: amount,
  lastDeliveryAt: instant.nullable(),
  /** Why deliveries to it do not go through now. */
  error: z.object({ code: text(64), message: text(1000), hint: text(500).optional() }).nullable(),
  /** Where somebody has paused deliveries to it: since when, who, and until when (null: until they are resumed). */
  paused: z.object({ at: instant, by: text(120), until: instant.nullable() }).optional(),
  /** What it takes of the source; absent: everything. What it leaves out is not owed to it. */
  filter: toldFilter.optional(),
});

/**
 * A disk of the device. The rungs of the disk-full ladder: `clean` removes derivatives, then proved files; then nothing is made any
 * more; then captures are skipped. Inodes are null where the file system does not count them. `growthBytesPerDay` is what the last
 * days took, `daysLeft` when captures would be skipped, or null where the disk does not fill up; both are absent while too little is known.
 */
export const diskState = z.object({
  freeBytes: z.number(),
  totalBytes: z.number(),
  freeInodes: z.number().nullable().optional(),
  totalInodes: z.number().nullable().optional(),
  rung: z.enum(['room', 'clean', 'stop-processing', 'skip-captures']).optional(),
  growthBytesPerDay: z.number().optional(),
  daysLeft: z.number().nullable().optional(),
  /** Captures skipped for a full disk since the agent's start. */
  skippedCaptures: z.int().nonnegative().optional(),
});

/**
 * What became of the slots of a day, `YYYYMMDD` in the source's zone. Each slot is in one figure; one that is under way or lies ahead
 * is in none. `captured` is held here and owed to a destination; `off` passed while the agent was not running.
 */
export const slotFigures = z.object({
  day: text(8),
  delivered: z.int().nonnegative(),
  captured: z.int().nonnegative(),
  unreadable: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  off: z.int().nonnegative(),
  excluded: z.int().nonnegative(),
});

/** What a camera last told of itself, at its time; what it does not tell is absent. */
export const cameraCondition = z.object({
  at: instant,
  model: text(120),
  serial: text(120).optional(),
  lens: text(120).optional(),
  batteryPercent: z.number().min(0).max(100).optional(),
  /** Shutter releases in the body's life. */
  shutterCount: z.int().nonnegative().optional(),
  cardFreeBytes: z.number().nonnegative().optional(),
  cardTotalBytes: z.number().nonnegative().optional(),
});

export const sourceState = z.object({
  name: identifier,
  camera: text(120),
  condition: cameraCondition.optional(),
  zone: text(64),
  capturing: z.boolean(),
  everyMs: z.number().nullable(),
  cron: text(120).nullable(),
  /** Where it goes by windows: what they say, in a few words for people. */
  schedule: text(120).optional(),
  lastCaptureAt: instant.nullable(),
  nextCaptureAt: instant.nullable(),
  lastFailure: z.object({ at: instant, code: text(64), message: text(1000) }).nullable(),
  /** Where there is a schedule. */
  slots: z.object({ today: slotFigures, yesterday: slotFigures }).optional(),
  /** Files that wait in input and stage, and files in failure. */
  waiting: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  generation: text(40),
  seq: z.int().nonnegative(),
  held: amount,
  /** False while the folder's marker is not there: "storage absent" is not "0 files". */
  storage: z.enum(['present', 'absent']),
  /** Absent only because its files are being taken into a ledger that began anew. */
  rebuilding: z.boolean().optional(),
  /** The source's own disk, where it is another one than the device's. */
  disk: diskState.optional(),
  destinations: z.array(destinationState).max(32),
});

/** The whole condition of a device; retained, at most every 10 s when nothing pressing has changed. */
export const deviceState = z.object({
  at: instant,
  session: z.int().nonnegative(),
  version: text(40),
  uptimeS: z.number(),
  residentBytes: z.number(),
  disk: diskState,
  clockTrusted: z.boolean(),
  /** Has the clock been set by a source of true time, by the kernel's word? */
  clockSynchronised: z.boolean().optional(),
  outbox: z.int().nonnegative(),
  sources: z.array(sourceState).max(64),
  /** Where sensors are configured: the newest value of each. */
  sensors: z.array(sensorState).max(32).optional(),
  /** Where something hangs on GPIO lines, or the machine tells of its supply. */
  power: powerState.optional(),
  /** Where watched folders run that are no sources. */
  endpoints: z.array(endpointState).max(ENDPOINT_STATES_MAX).optional(),
});

const eventBase = {
  /** Gap-free within a device's generation; the hub acknowledges the highest contiguous one that it has committed. */
  seq: z.int().positive(),
  generation: text(40),
  at: instant,
  /** True when the event is told later than it happened: it changes no "latest" figure. */
  historical: z.boolean(),
};
const aboutAsset = { source: identifier, entry: entrySchema, sourceSeq: z.int().nonnegative() };

export const EVENT_TYPES = [
  'captured',
  'capture-failed',
  'rejected',
  'delivered',
  'delivery-failed',
  'removed',
  'camera-recovery',
  'triggered',
  'power-flags',
  'clock-step',
  'time-corrected',
  'disk-low',
  'drill-begun',
  'drill-ended',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What is done, in this order, to a camera that gives no picture: the rungs of the recovery ladder. */
export const RECOVERY_RUNGS = [
  'kill',
  'retry',
  'redetect',
  'usb-reauthorise',
  'power-cycle',
  'restart-agent',
  'reboot',
] as const;
/** What came of it: a picture, none, it could not be done here, or it ends whoever would see the outcome. */
export const RECOVERY_OUTCOMES = ['recovered', 'failed', 'not-possible', 'begun'] as const;

export const deviceEvent = z.discriminatedUnion('type', [
  z.object({ ...eventBase, type: z.literal('captured'), ...aboutAsset, capturedAt: instant }),
  z.object({
    ...eventBase,
    type: z.literal('capture-failed'),
    source: identifier,
    slotAt: instant,
    code: text(64),
    message: text(1000),
  }),
  /** A candidate of the watched folder ended in failure and holds no place in the inventory. */
  z.object({ ...eventBase, type: z.literal('rejected'), source: identifier, path: text(4096), message: text(1000) }),
  z.object({
    ...eventBase,
    type: z.literal('delivered'),
    source: identifier,
    path: text(4096),
    destination: identifier,
    receipt: z.enum(['size', 'digest']),
  }),
  z.object({
    ...eventBase,
    type: z.literal('delivery-failed'),
    source: identifier,
    path: text(4096),
    destination: identifier,
    code: text(64),
    message: text(1000),
  }),
  z.object({ ...eventBase, type: z.literal('removed'), ...aboutAsset, reason: text(200) }),
  z.object({
    ...eventBase,
    type: z.literal('camera-recovery'),
    source: identifier,
    rung: z.enum(RECOVERY_RUNGS),
    outcome: z.enum(RECOVERY_OUTCOMES),
    message: text(1000),
  }),
  /** A button or a movement asked for a picture; what came of it is told by `captured` or `capture-failed`. */
  z.object({ ...eventBase, type: z.literal('triggered'), source: identifier, input: identifier }),
  /** The supply or the heat of a Raspberry Pi: the flags that hold from now on. */
  z.object({ ...eventBase, type: z.literal('power-flags'), flags: z.array(text(40)).max(16) }),
  z.object({ ...eventBase, type: z.literal('clock-step'), stepMs: z.number() }),
  /** The clock that named an asset was wrong: `entry.capturedAt` is the true time, `name` what it would be called by it. */
  z.object({
    ...eventBase,
    type: z.literal('time-corrected'),
    source: identifier,
    entry: entrySchema,
    was: instant,
    name: text(4096),
  }),
  z.object({
    ...eventBase,
    type: z.literal('disk-low'),
    freeBytes: z.number(),
    /** The rung of the disk-full ladder that was reached. */
    rung: text(40).optional(),
  }),
  z.object({ ...eventBase, type: z.literal('drill-begun'), ...drillBegun }),
  z.object({ ...eventBase, type: z.literal('drill-ended'), ...drillEnded }),
]);
export type DeviceEvent = z.infer<typeof deviceEvent>;

export const ack = z.object({ generation: text(40), seq: z.int().nonnegative() });

/** What an `explain` command answers, path by path. `code` is that of the error behind it, of the delivery or of the destination. */
export const explanation = z.object({
  path: text(4096),
  cause: text(64),
  detail: text(1000),
  code: text(64).optional(),
});
export type Explanation = z.infer<typeof explanation>;

export const JOB_STATES = [
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'REJECTED',
  'CANCELLED',
] as const;
export type JobState = (typeof JOB_STATES)[number];
export const isFinal = (state: JobState): boolean => !['QUEUED', 'RUNNING', 'PAUSED'].includes(state);

/**
 * A re-sync: deliver these assets of a source to a destination again. `paths` is a packed list (`inventory.ts`) of
 * single paths, `days` names whole buckets, `all` means every asset. What is there already with the right content is verified and not sent;
 * `replace` lets the delivery put the right bytes over wrong ones.
 */
export const resyncSelection = z.object({
  source: identifier,
  destination: identifier,
  all: z.boolean().optional(),
  days: z.array(text(255)).max(4000).optional(),
  paths: text(200_000).optional(),
  replace: z.boolean(),
});
export type ResyncSelection = z.infer<typeof resyncSelection>;

/** The job a device works on, retained. The hub's `want` is the order; `version` grows with each change of it. */
export const jobOrder = z.object({
  id: identifier,
  type: z.literal('resync'),
  version: z.int().positive(),
  want: z.enum(['run', 'pause', 'cancel']),
  createdAt: instant,
  expiresAt: instant,
  by: text(120),
  /** `operator` where the device had it by a command, and not from the hub. */
  origin: z.enum(['hub', 'operator']).optional(),
  selection: resyncSelection,
});
export type JobOrder = z.infer<typeof jobOrder>;

/**
 * The retained topic `job/next` holds every job that is not at its end and whose turn it is. `bytesPerSecond` is what all of the
 * device's jobs together may send; absent: no limit.
 */
export const jobNext = z.object({ jobs: z.array(jobOrder).max(16), bytesPerSecond: z.int().positive().optional() });

export const jobUpdate = z.object({
  id: identifier,
  state: z.enum(JOB_STATES),
  /** The order's version that this answers. */
  expectedVersion: z.int().positive(),
  at: instant,
  total: amount,
  done: amount,
  /** Assets that are not there any more or cannot be delivered; told by `message`. */
  failed: z.int().nonnegative(),
  message: text(1000).nullable(),
  /** The order itself, where it is an operator's: told once a connection, so that the hub knows the job too. */
  order: jobOrder.optional(),
});

/** All buckets of one source in figures, packed; retained. */
export const inventoryDigest = z.object({
  generation: text(40),
  seq: z.int().nonnegative(),
  at: instant,
  storage: z.enum(['present', 'absent']),
  /** `day`: packed list of all days; `month`: by month, where that of all days is long. */
  level: z.enum(['day', 'month']),
  list: text(131_072),
  /** The levels below these that the device answers (`finer-levels.ts`); absent where it knows none. */
  levels: z.array(text(16)).max(16).optional(),
});

export const bucketListSchema = z.array(bucketSchema).max(20_000);

const inventoryLevel = z.enum(['day', 'month', ...FINER_LEVELS]);

export const inventoryGet = z.object({
  id: text(64),
  /**
   * `day` asks for the entries of whole buckets, `month` for the day digests of whole months, the others for what `finer-levels.ts`
   * says; no keys: for the digest anew.
   */
  level: inventoryLevel,
  keys: z.array(text(300)).max(1000),
});

/**
 * Part `n` (from 0) of `of` of the answer to an `inventory/get`, whose id it repeats, and for the levels `day` and `month` its keys.
 * Each part's `list` is a packed list by itself, of at most 1,000 entries (levels `day` and `entries`), buckets (level `month`) or
 * items of `finer-levels.ts`; `sha256` is that of all parts' `list` texts joined in the order of `n`. A key without entries has none
 * any more. Applied whole or not at all.
 */
export const inventoryChunk = z.object({
  id: text(64),
  generation: text(40),
  seq: z.int().nonnegative(),
  level: inventoryLevel,
  keys: z.array(text(300)).max(1000),
  n: z.int().nonnegative(),
  of: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  list: text(131_072),
});

/** One map from topic family to payload schema. Thumbnails are bare JPEG bytes. */
export const SCHEMAS = {
  status: deviceStatus,
  state: deviceState,
  event: deviceEvent,
  ack,
  command,
  reply,
  'job/next': jobNext,
  'job/update': jobUpdate,
  'inventory/digest': inventoryDigest,
  'inventory/get': inventoryGet,
  'inventory/chunk': inventoryChunk,
} satisfies Record<Exclude<Family, 'thumbnail'>, z.ZodType>;
export type MessageFamily = keyof typeof SCHEMAS;
export type Message<F extends MessageFamily> = z.infer<(typeof SCHEMAS)[F]>;

export type HubStatus = z.infer<typeof hubStatus>;
export type DeviceState = z.infer<typeof deviceState>;
export type SourceState = z.infer<typeof sourceState>;
export type DestinationState = z.infer<typeof destinationState>;

/** Bytes of a preview at most: `thumbnail/<source>`. */
export const THUMBNAIL_BYTES_MAX = 20 * 1024;
