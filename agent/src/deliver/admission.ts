import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import type { Lane } from '../store/deliveries.ts';

/** What decides whether a transfer may begin beside others. */
export type Sized = { lane: Lane; size: number };
/** One that is under way; `isSent`: all its bytes are on their way, and it waits for the other side's proof. */
export type Begun = Sized & { isSent: boolean };

/**
 * A file up to this size spends most of its time on round trips and flushes, in which others can use the link: many go at once. Of what is
 * larger each fills the link by itself.
 */
export const SMALL_BYTES = 256 * 1024;

/**
 * May a transfer begin beside those that are under way? Large files: one a worker that still has bytes to send, and as many that wait for
 * their proof. With small ones: `TRANSFERS_PER_CONNECTION` a worker in all. A fresh picture always finds a place: one of its own is kept
 * for it, whatever its size.
 */
export function mayBegin(next: Sized, underWay: readonly Begun[], workers: number): boolean {
  const own = next.lane === 'live' ? 1 : 0;
  if (underWay.length >= workers * TRANSFERS_PER_CONNECTION - 1 + own) return false;
  if (next.size <= SMALL_BYTES) return true;
  const large = underWay.filter(({ size }) => size > SMALL_BYTES);
  return large.length < 2 * workers + own && large.filter(({ isSent }) => !isSent).length < workers + own;
}

/** So many small files are claimed for each that may be under way. */
export const CLAIMED_FOR_ONE = 3;

/** May it be claimed beside what is claimed and has not ended? */
export function mayWait(next: Sized, claimed: readonly Sized[], workers: number): boolean {
  if (next.size <= SMALL_BYTES) return claimed.length < CLAIMED_FOR_ONE * workers * TRANSFERS_PER_CONNECTION;
  return claimed.filter(({ size }) => size > SMALL_BYTES).length < 2 * workers;
}
