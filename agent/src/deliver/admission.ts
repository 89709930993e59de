import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import type { Lane } from '../store/deliveries.ts';

/** What decides whether a transfer may begin beside others. */
export type Sized = { lane: Lane; size: number };

/**
 * A file up to this size spends most of its time on round trips and flushes, in which others can use the link: many go at once. Of what is
 * larger each fills the link by itself.
 */
export const SMALL_BYTES = 256 * 1024;

/**
 * May a transfer begin beside those that are under way? Large files: one a worker. With small ones: `TRANSFERS_PER_CONNECTION` a worker in
 * all. A fresh picture always finds a place: one of its own is kept for it, whatever its size.
 */
export function mayBegin(next: Sized, underWay: readonly Sized[], workers: number): boolean {
  const isLive = next.lane === 'live';
  if (underWay.length >= workers * TRANSFERS_PER_CONNECTION - (isLive ? 0 : 1)) return false;
  if (next.size <= SMALL_BYTES) return true;
  const large = underWay.filter(({ size }) => size > SMALL_BYTES).length;
  return large < workers + (isLive ? 1 : 0);
}
