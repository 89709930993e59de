import { createHash } from 'node:crypto';
import { VigieError } from '../kit/errors.ts';

/** For how long a preview counts as seen: for this hour and the next one. */
const HOUR_MS = 3_600_000;

/** Shows that a preview of a re-sync of everything was asked for a moment ago. It keeps from haste, not from people who mean it. */
export const previewToken = (place: string, now: number): string =>
  createHash('sha256')
    .update(`${place}\0${Math.floor(now / HOUR_MS)}`)
    .digest('hex')
    .slice(0, 16);

/**
 * Right bytes over wrong ones, wherever they differ, are ordered only by who has seen what that would be. Throws `arguments` for a re-sync of
 * everything with `replace` and without the token of a preview of the same place.
 */
export function checkSeen(
  order: { all?: boolean | undefined; replace: boolean; token?: string | undefined },
  place: string,
  now: number,
): void {
  if (!order.all || !order.replace) return;
  const seen = [previewToken(place, now), previewToken(place, now - HOUR_MS)];
  if (order.token !== undefined && seen.includes(order.token)) return;
  const given = order.token === undefined ? 'it has none' : 'it has another or an old one';
  throw new VigieError(
    'arguments',
    `re-sync of "all" with "replace": ${given}, "token" of its preview should be given; ask with "preview" first, or order a report and re-sync that`,
  );
}
