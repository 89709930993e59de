import type { Candidate } from './shelf.ts';

/** Room that is needed: bytes, and inodes where these have run short. */
export type Need = { bytes: number; inodes: number };

/** Removed at once: the room is measured again after each portion, since only the disk knows what a removal has given. */
export const PORTION_MAX = 32;

/** Oldest first; of the same age, the one that was filed first. */
export function byAge(a: Pick<Candidate, 'agedAt' | 'asset'>, b: Pick<Candidate, 'agedAt' | 'asset'>): number {
  return a.agedAt - b.agedAt || a.asset.id - b.asset.id;
}

/** How many of these, from the first on, give the room that is needed: never more than that, and never more than a portion. */
export function countFor(candidates: readonly Pick<Candidate, 'size'>[], need: Need): number {
  let bytes = 0;
  let count = 0;
  while (count < candidates.length && count < PORTION_MAX && (bytes < need.bytes || count < need.inodes)) {
    bytes += (candidates[count] as Candidate).size;
    count += 1;
  }
  return count;
}
