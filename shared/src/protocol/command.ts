import { z } from 'zod';
import { identifier } from './asset.ts';

/**
 * Commands: their envelope, the names that a device knows, and what each is about. What the hub takes besides is in
 * `hub-command.ts`. Times are milliseconds since 1970 by the sender's clock.
 */
const instant = z.number();
const text = (max: number) => z.string().max(max);

const JOB_EXPIRY_MAX_MS = 90 * 86_400_000;

/** Commands: short methods that answer within seconds. */
export const COMMANDS = [
  'ping',
  'capture',
  'scan',
  'recover-stage',
  'retry-failed',
  'pause-deliveries',
  'resume-deliveries',
  'explain',
  'resync',
  'jobs',
  'job',
  'drill',
] as const;
export type CommandName = (typeof COMMANDS)[number];

export const command = z.object({
  id: z.string().min(1).max(64),
  /** Hub time after which the command must not run any more. */
  expiresAt: instant,
  by: text(120).optional(),
  args: z.record(z.string().max(64), z.json()).default({}),
});

/** Assets of one source, as an operator names them: all, whole days, single paths; at least one of the three. */
export const operatorSelection = {
  all: z.boolean().optional(),
  days: z.array(z.string().min(1).max(255)).max(400).optional(),
  paths: z.array(z.string().min(1).max(4096)).max(500).optional(),
  /** Put the right bytes over wrong ones. */
  replace: z.boolean().default(false),
  /** Only say what it would be. */
  preview: z.boolean().default(false),
  /** What the preview has answered; `all` with `replace` needs it. */
  token: z.string().max(64).optional(),
  /** After so long the job ends, whatever is left: a week unless told. */
  expiryMs: z.int().min(1_000).max(JOB_EXPIRY_MAX_MS).optional(),
};

/** What an operator may order of a job that is there. */
export const JOB_ORDERS = ['pause', 'resume', 'cancel'] as const;

/** How long an outage drill may last. */
export const DRILL_MS = { min: 10_000, max: 86_400_000 } as const;

/** The arguments of each command. */
export const commandArgs = {
  ping: z.object({}),
  capture: z.object({ source: identifier }),
  scan: z.object({ source: identifier.optional() }),
  'recover-stage': z.object({ source: identifier.optional() }),
  'retry-failed': z.object({ source: identifier.optional(), destination: identifier.optional() }),
  /** Nothing more goes to a destination, until it is resumed or for so long. */
  'pause-deliveries': z.object({
    destination: identifier,
    forMs: z.int().min(1_000).max(JOB_EXPIRY_MAX_MS).optional(),
  }),
  'resume-deliveries': z.object({ destination: identifier }),
  /** Why is each of these assets not at that destination? */
  explain: z.object({
    source: identifier,
    destination: identifier.optional(),
    paths: z.array(z.string().max(4096)).max(500),
  }),
  /** An operator's re-sync, ordered of the device itself: the hub need not be there. */
  resync: z.object({ source: identifier, destination: identifier, ...operatorSelection }),
  /** Jobs that are not at their end, and those of operators that have ended lately. */
  jobs: z.object({}),
  /** How far one job is; with an order, after it was followed. */
  job: z.object({ job: identifier, order: z.enum(JOB_ORDERS).optional() }),
  /** Act as in an outage for so long. `drill` names it; the same name again begins no other one. */
  drill: z.object({ forMs: z.int().min(DRILL_MS.min).max(DRILL_MS.max), drill: identifier.optional() }),
} satisfies Record<CommandName, z.ZodType>;

export const reply = z.object({
  id: text(64),
  status: z.enum(['ok', 'error', 'accepted']),
  at: instant,
  data: z.json().optional(),
  error: z.object({ code: text(64), message: text(2000) }).optional(),
});

/** Who ordered something by a command: what the sender says of itself, marked as such. */
export const operatorName = (by: string | undefined): string =>
  by === undefined || by === '' ? 'operator' : `operator ${by}`.slice(0, 120);
