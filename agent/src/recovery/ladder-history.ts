import { type LadderHistory, noHistory, type Recovery, type Uses } from '../store/recoveries.ts';
import type { Rung } from './ladder.ts';

/** These end the program or the machine for every source: they are counted once a device. */
const isDeviceWide = (rung: Rung): boolean => rung === 'restart-agent' || rung === 'reboot';

/** The uses that a rung is counted in. */
export const usesOf = ({ history, device }: Recovery, rung: Rung): Uses => (isDeviceWide(rung) ? device : history.uses);

/**
 * How often a rung was used on a day, `YYYYMMDD`. A later day begins at nothing. An earlier one does not: a clock that falls back to
 * 1970 at each start would give a device that reboots its daily reboot at each start.
 */
export function usedOn(uses: Uses, rung: Rung, day: string): number {
  return day > uses.day ? 0 : (uses.count[rung] ?? 0);
}

/** After a step of the ladder was begun. A retry that the schedule asked for is an attempt, and no use of a rung. */
export function afterStep(
  { history, device }: Recovery,
  step: { rung: Rung; round: boolean; counts: boolean },
  at: { day: string; now: number },
): Recovery {
  const { rung, round } = step;
  const climbed =
    rung === 'retry'
      ? { ...history, attempts: history.attempts + 1 }
      : { ...history, attempts: 0, climbed: round ? [rung] : [...history.climbed, rung] };
  if (!step.counts) return { history: climbed, device };
  if (isDeviceWide(rung)) return { history: climbed, device: withUse(device, rung, at) };
  return { history: { ...climbed, uses: withUse(history.uses, rung, at) }, device };
}

/** After an attempt that gave no picture. */
export function afterFailure({ history, device }: Recovery, code: string, now: number): Recovery {
  const failingSince = history.failingSince ?? now;
  return { history: { ...history, failures: history.failures + 1, failingSince, code }, device };
}

/** After a picture: the next failure begins at the lowest rung. What was used today, and when, stays. */
export function afterPicture({ history: { uses }, device }: Recovery): Recovery {
  return { history: { ...noHistory, uses }, device };
}

export const isFailing = ({ failures }: LadderHistory): boolean => failures > 0;

function withUse(uses: Uses, rung: Rung, { day, now }: { day: string; now: number }): Uses {
  const isNewDay = day > uses.day;
  return {
    day: isNewDay ? day : uses.day,
    count: { ...(isNewDay ? {} : uses.count), [rung]: usedOn(uses, rung, day) + 1 },
    lastAt: { ...uses.lastAt, [rung]: now },
  };
}
