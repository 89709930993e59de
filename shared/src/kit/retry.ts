/** The limits of a growing pause between attempts, in milliseconds. */
export type Backoff = { baseMs: number; capMs: number };

/**
 * The pause before attempt `attempt` (1 after the first failure): exponential, capped, and with equal jitter, so that
 * many devices that failed together do not return together.
 *
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, { baseMs, capMs }: Backoff, random: number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 40));
  return Math.round(full / 2 + (full / 2) * random);
}
