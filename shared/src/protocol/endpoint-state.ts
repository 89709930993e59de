import { z } from 'zod';

const text = (max: number) => z.string().max(max);

/**
 * A watched folder with its operation that is no source of pictures: files that wait in input, jobs in stage, failures since its start.
 * `lastScanAt` is ms since 1970. `not-ready`: its operation cannot work, or its folder is refused; `error` says why.
 */
export const endpointState = z.object({
  name: text(64),
  state: z.enum(['not-ready', 'running', 'stopped']),
  waiting: z.int().nonnegative(),
  staged: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  lastScanAt: z.number().nullable(),
  error: z.object({ code: text(64), message: text(1000), hint: text(500).optional() }).nullable(),
});
export type EndpointState = z.infer<typeof endpointState>;

/** A state message tells of so many endpoints, those with an error first. */
export const ENDPOINT_STATES_MAX = 64;
