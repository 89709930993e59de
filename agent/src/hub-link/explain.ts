import type { Explanation } from '@vigie/shared/protocol/messages';
import type { Condition } from '../deliver/deliverer.ts';
import type { PurgeRecord } from '../store/assets.ts';
import type { DeliveryStanding } from '../store/deliveries.ts';
import { LEFT_OUT } from '../store/left-out.ts';
import { NEVER } from '../store/schema.ts';

/** What the protocol takes; a detail that is longer would cost the answer about all the other assets. */
const DETAIL_CHARACTERS_MAX = 1000;

/** Why an asset is not at a destination: a name that programs know, and words for an operator. */
export function explainAsset(
  path: string,
  standing: DeliveryStanding | PurgeRecord | 'not-held' | undefined,
  destination: Pick<Condition, 'error'> | undefined,
  now: number,
): Explanation {
  const because = (cause: string, detail: string, code?: string | null): Explanation => ({
    path,
    cause,
    detail: detail.slice(0, DETAIL_CHARACTERS_MAX),
    ...(code && { code }),
  });
  if (standing === 'not-held') return because('not-held', 'the source does not hold it any more');
  if (standing === undefined) {
    return because('not-ordered', 'it was never ordered for this destination: a re-sync sends it');
  }
  if ('provedAt' in standing) {
    const { at, reason, provedAt } = standing;
    const proof = `after it had been proved at ${provedAt.join(', ')}`;
    return because('purged', `its file was removed from the source on ${isoOf(at)} (${reason}), ${proof}`);
  }
  const { state, errorCode, errorMessage, attempts, notBefore, updatedAt } = standing;
  switch (state) {
    case 'verified':
      return because(
        'lost-at-destination',
        `it was verified there on ${isoOf(updatedAt)} and has gone or changed since`,
      );
    case 'failed':
      return because('failed', `it cannot be delivered: ${errorMessage ?? 'no reason is known'}`, errorCode);
    case 'withdrawn':
      if (errorCode === LEFT_OUT) return because(LEFT_OUT, errorMessage ?? "the destination's filter leaves it out");
      return because('withdrawn', errorMessage ?? 'its delivery was withdrawn', errorCode);
    default: {
      if (notBefore === NEVER) return because('paused', 'its re-sync is paused');
      const { error } = destination ?? {};
      if (error) return because('destination-waiting', `queued; the destination: ${error.message}`, error.code);
      if (attempts === 0 && notBefore > now) {
        return because('held-back', `queued; the destination's limits hold it back until ${isoOf(notBefore)}`);
      }
      if (attempts === 0) return because('queued', 'queued for delivery');
      const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
      return because('retrying', `queued again after ${tries}: ${errorMessage ?? 'no reason is known'}`, errorCode);
    }
  }
}

const isoOf = (at: number): string => new Date(at).toISOString();
