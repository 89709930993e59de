import { z } from 'zod';
import { identifier } from './asset.ts';

/** What a device tells of an outage drill, besides what every event has. Times are milliseconds since 1970 by its clock. */
const count = z.int().nonnegative();
const amount = z.object({ count, bytes: count });

/** It acts as in an outage from now on. */
export const drillBegun = { drill: identifier, by: z.string().max(120), forMs: z.number() };

/**
 * It is back: what it took meanwhile, and what it owed to all its destinations then. `offlineMs` is by the time that no clock setting
 * changes. Each slot of that time but the excluded ones is in `expected`, and in `taken`, `failed` or `off`.
 */
export const drillEnded = {
  drill: identifier,
  startedAt: z.number(),
  endedAt: z.number(),
  offlineMs: z.number().nonnegative(),
  captured: amount,
  queued: amount,
  slots: z.object({ expected: count, taken: count, failed: count, off: count }),
};
export const drillFigures = z.object(drillEnded).omit({ drill: true });
export type DrillFigures = z.infer<typeof drillFigures>;
