import type { Verdict } from './judge.ts';

/**
 * Tells a destination that refuses every file without a reason from a file that it does not want. A used-up quota is such a case: OpenSSH
 * has no other word for it than "Failure", and the room that it tells is that of the whole disk.
 */
export type Refusals = {
  /** What to think of a failed attempt with this asset, after those before it. */
  refused(assetId: number, verdict: Verdict): Verdict;
  /** Something has been delivered. */
  accepted(): void;
};

/** So many different assets that are refused, with none delivered in between, are no accident. */
const ALIKE_MAX = 3;

export function createRefusals(destination: string): Refusals {
  const refused = new Set<number>();
  return {
    refused(assetId, verdict) {
      if (verdict.code !== 'server-failure') return verdict;
      if (refused.size < ALIKE_MAX) refused.add(assetId);
      if (refused.size < ALIKE_MAX) return verdict;
      return {
        // It counts for the asset as well, so that the next knock at the door is another's.
        about: 'connection',
        code: 'destination-refuses',
        message: `deliver to "${destination}": it refuses every file without a reason; the last one: ${verdict.message}`,
        hint: 'A quota of the account may be used up, or the disk there may be failing: its log says which.',
      };
    },
    accepted: () => refused.clear(),
  };
}
