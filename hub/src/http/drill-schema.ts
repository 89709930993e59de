import { z } from '@hono/zod-openapi';

const instant = z.iso.datetime();
const count = z.int().nonnegative();
const amount = z.object({ count, bytes: count });

export const DRILL_STATES = ['ordered', 'begun', 'away', 'back', 'passed', 'failed', 'refused'] as const;

/** An outage drill and its sheet. What has not happened yet is null. */
export const drill = z
  .object({
    id: z.string(),
    site: z.string(),
    device: z.string(),
    by: z.string(),
    /** Ordered of the device itself, by MQTT. */
    atDevice: z.boolean(),
    forMs: count,
    /** ordered, begun, away, back: under way; passed or failed: the verdict; refused: the device did not begin. */
    state: z.enum(DRILL_STATES),
    orderedAt: instant,
    begunAt: instant.nullable(),
    /** When it will be back, by the hub's clock. */
    until: instant.nullable(),
    vanishedAt: instant.nullable(),
    returnedAt: instant.nullable(),
    /** When its queue was empty, but for pictures just taken. */
    drainedAt: instant.nullable(),
    /** When the last report said that everything is at its destinations. */
    greenAt: instant.nullable(),
    endedAt: instant.nullable(),
    /** By the device's own count. */
    offlineMs: z.number().nonnegative().nullable(),
    /** Pictures that the schedule expected meanwhile; each is taken, failed, or off (the agent was not running). */
    slots: z.object({ expected: count, taken: count, failed: count, off: count }).nullable(),
    captured: amount.nullable(),
    /** What it owed to all its destinations at its return; one file may be owed to several. */
    queued: amount.nullable(),
    /** So many of those have been delivered. */
    delivered: count.nullable(),
    /** Files that are not soundly at a destination, and not on their way. */
    missing: count.nullable(),
    greenAfterMs: count.nullable(),
    /** The reports that it was judged by. */
    reports: z.array(z.string()),
    /** Why it did not pass. */
    reasons: z.array(z.string()),
  })
  .openapi('Drill');

export const drillPage = z.object({ total: count, drills: z.array(drill) }).openapi('DrillPage');

/** From 10 seconds to a day. */
export const newDrill = z
  .object({
    minutes: z
      .number()
      .min(1 / 6)
      .max(1440),
  })
  .openapi('NewDrill');
