import type { Explanation } from '@vigie/shared/protocol/messages';
import type { Condition } from '../deliver/deliverer.ts';
import type { PurgeRecord } from '../store/assets.ts';
import type { DeliveryStanding } from '../store/deliveries.ts';

/** Why an asset is not at a destination, in words for an operator. */
export function explainAsset(
  path: string,
  standing: DeliveryStanding | PurgeRecord | 'not-held' | undefined,
  destination: Pick<Condition, 'error'> | undefined,
): Explanation {
  if (standing === 'not-held') return { path, cause: 'not-held', detail: 'the source does not hold it any more' };
  if (standing === undefined) {
    return { path, cause: 'not-ordered', detail: 'it was never ordered for this destination: a re-sync sends it' };
  }
  if ('provedAt' in standing) {
    const { at, reason, provedAt } = standing;
    const proof = `after it had been proved at ${provedAt.join(', ')}`;
    const detail = `its file was removed from the source on ${new Date(at).toISOString()} (${reason}), ${proof}`;
    return { path, cause: 'purged', detail };
  }
  const { state, errorMessage, updatedAt } = standing;
  switch (state) {
    case 'verified':
      return {
        path,
        cause: 'lost-at-destination',
        detail: `it was verified there on ${new Date(updatedAt).toISOString()} and has gone or changed since`,
      };
    case 'failed':
      return { path, cause: 'failed', detail: `it cannot be delivered: ${errorMessage ?? 'no reason is known'}` };
    case 'withdrawn':
      return { path, cause: 'withdrawn', detail: errorMessage ?? 'its delivery was withdrawn' };
    default:
      return destination?.error
        ? { path, cause: 'destination-waiting', detail: `queued; the destination: ${destination.error.message}` }
        : { path, cause: 'queued', detail: 'queued for delivery' };
  }
}
