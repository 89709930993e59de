import type { Kind } from '@vigie/shared/protocol/asset';
import type { Limits } from './limits-config.ts';
import { nextOpening } from './windows.ts';

/** Which assets may go to a destination now, by the hours that its limits allow them. */
export type Gate = {
  /** Told once for each new asset: is it one of those that wait for the hours of the rest? */
  thins(asset: { source: string; kind: Kind }): boolean;
  /** Until when (ms since 1970) it has to wait; undefined where it may go. */
  heldUntil(asset: { source: string; kind: Kind }, isThinned: boolean, now: number): number | undefined;
};

/** Longer than the rarest window is away: a week and a day. */
const WAIT_MAX_MS = 8 * 86_400_000;

export function createGate({ windows, thin }: Pick<Limits, 'windows' | 'thin'>, zone: string): Gate {
  /** Assets of each source and kind since the start; the first of them goes. */
  const counts = new Map<string, number>();
  return {
    thins({ source, kind }) {
      if (!thin) return false;
      const key = `${source}/${kind}`;
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      return count % thin.oneIn !== 0;
    },
    heldUntil({ source, kind }, isThinned, now) {
      const fits = windows.filter(
        (rule) => (rule.sources ?? [source]).includes(source) && (rule.kinds ?? [kind]).includes(kind),
      );
      const openings = fits.map(({ open }) => nextOpening(open, now, zone));
      if (thin && isThinned) openings.push(nextOpening(thin.rest, now, zone));
      const until = Math.max(now, ...openings);
      return until > now ? Math.min(until, now + WAIT_MAX_MS) : undefined;
    },
  };
}
