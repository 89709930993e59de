import type { Clock } from '@vigie/shared/kit/clock';

/** How many calls may still be made now: `burst` at once, and `perSecond` once those are spent. False where it is too much. */
export function createAllowance(limits: { perSecond: number; burst: number }, clock: Pick<Clock, 'monotonic'>) {
  let left = limits.burst;
  let at = clock.monotonic();
  return (): boolean => {
    const now = clock.monotonic();
    left = Math.min(limits.burst, left + ((now - at) * limits.perSecond) / 1000);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
