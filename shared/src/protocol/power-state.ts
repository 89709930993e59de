import { z } from 'zod';
import { identifier } from './asset.ts';

/** What a device's state message says about sensors, power and what hangs on GPIO lines. Times are ms since 1970 by the device's clock. */
const text = (max: number) => z.string().max(max);

/** A sensor's newest value, in its unit; null while there is none. `error` says why the last reading gave no value. */
export const sensorState = z.object({
  name: identifier,
  quantity: text(20),
  unit: text(8),
  value: z.number().nullable(),
  at: z.number().nullable(),
  error: text(300).nullable(),
});
export type SensorState = z.infer<typeof sensorState>;

export const powerState = z.object({
  /** Raspberry Pi power flags, `under-voltage-now` and the like; null where the machine tells none. */
  flags: z.array(text(40)).max(16).nullable(),
  /** `powered` is null while the relay's line is not open. */
  relays: z
    .array(z.object({ name: identifier, sources: z.array(identifier).max(64), powered: z.boolean().nullable() }))
    .max(16),
  /** `because`: cold, warm, between, minimum-on, minimum-off, no-temperature, stale. */
  heaters: z.array(z.object({ name: identifier, on: z.boolean().nullable(), because: text(20) })).max(8),
  /** `lastAt`: when the input last asked for a picture. */
  inputs: z.array(z.object({ name: identifier, source: identifier, lastAt: z.number().nullable() })).max(16),
  /** What on a line could not be opened, and why. */
  faults: z.array(z.object({ name: text(64), code: text(64), message: text(500) })).max(48),
});
export type PowerState = z.infer<typeof powerState>;
