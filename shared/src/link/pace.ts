import type { Backoff } from '../kit/retry.ts';

/** A connection that has held for so long counts as sound: the next loss begins with a short pause again. */
const SOUND_MS = 10_000;

/** Pauses between attempts to connect, in milliseconds; `slowMs`: the longest one where only an operator can help. */
export type Pace = Backoff & { slowMs: number };

/** How many attempts have failed since the link was last sound. */
export function failuresAfter(failures: number, heldMs: number): number {
  return heldMs >= SOUND_MS ? 1 : failures + 1;
}

/**
 * The pause before the next attempt. With full jitter: 200 devices that lost the same broker spread themselves over the
 * whole pause. Where an operator must act first (`slow`), at least half of the longest pause for that.
 *
 * @param random a number in [0, 1)
 */
export function pauseMs(failures: number, { baseMs, capMs, slowMs }: Pace, slow: boolean, random: number): number {
  if (slow) return Math.round(slowMs / 2 + (slowMs / 2) * random);
  return Math.round(Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 40)) * random);
}
