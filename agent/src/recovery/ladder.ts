import type { RECOVERY_RUNGS } from '@vigie/shared/protocol/messages';

/**
 * The recovery ladder: what is done next to a camera that gives no picture. Rungs are climbed in this order, each once a round,
 * with its rest and its daily cap. While the next one rests, or there is none, a new round begins at the lowest that has rested;
 * while all rest, the capture is merely tried again.
 */
export const RUNGS = ['retry', 'redetect', 'usb-reauthorise', 'power-cycle', 'restart-agent', 'reboot'] as const;
/** `kill`, below them all, is the time limit of every capture: it is no choice. */
export type Rung = Exclude<(typeof RECOVERY_RUNGS)[number], 'kill'>;

export type RungLimits = { allowed: boolean; cooldownMs: number; perDay: number };
export type LadderPolicy = {
  rungs: Record<Rung, RungLimits>;
  /** Attempts before the first rung above them, in each round. */
  retries: number;
  /** The pause before another attempt grows from the first to the second. */
  pauseFromMs: number;
  pauseUpToMs: number;
};

/** What was done so far, as far as the next rung depends on it. */
export type Climb = {
  /** The code of the last failure. */
  code: string;
  /** Attempts since the last rung above them was used. */
  attempts: number;
  /** Rungs above `retry` that were used in this round. */
  climbed: readonly string[];
  /** How often each rung was used today. */
  usedToday: (rung: Rung) => number;
  /** Milliseconds since a rung's last use; undefined where it was never used. */
  sinceUse: (rung: Rung) => number | undefined;
  /** Rungs for which this camera has what they need. */
  possible: ReadonlySet<Rung>;
};

/** `round` is true where this step begins a new round. */
export type Step = { rung: Rung; pauseMs: number; round: boolean };

/** How high a failure lets climb: what a power cycle cannot mend is not worth one. */
const HIGHEST: Record<string, Rung> = {
  // Only a person, or a clearing of the card, makes room.
  'card-full': 'retry',
  'camera-incomplete': 'redetect',
  'camera-busy': 'usb-reauthorise',
  'camera-refused': 'power-cycle',
  'camera-absent': 'reboot',
  'camera-timeout': 'reboot',
  'camera-crashed': 'reboot',
};

/** Is this a failure of a camera, for which the ladder is there? Others (a full disk, an agent that stops) are not its business. */
export const isCameraFailure = (code: string): boolean => code in HIGHEST;

/** The next step, or undefined where nothing is left to do before the next capture. */
export function nextStep(climb: Climb, policy: LadderPolicy): Step | undefined {
  const above = RUNGS.slice(1).filter((rung) => isOpen(rung, climb, policy));
  const hasRested = (rung: Rung) => restMs(rung, climb, policy) <= 0;
  const isPatient = climb.climbed.length === 0 && climb.attempts < policy.retries;
  if (!isPatient) {
    const next = above.find((rung) => !climb.climbed.includes(rung));
    if (next !== undefined && hasRested(next)) return { rung: next, pauseMs: 0, round: false };
    const again = above.find((rung) => climb.climbed.includes(rung) && hasRested(rung));
    if (again !== undefined) return { rung: again, pauseMs: 0, round: true };
  }
  if (!isOpen('retry', climb, policy)) return undefined;
  const growing = Math.min(policy.pauseFromMs * 2 ** Math.min(climb.attempts, 30), policy.pauseUpToMs);
  const rests = isPatient ? [] : above.map((rung) => restMs(rung, climb, policy));
  return {
    rung: 'retry',
    pauseMs: Math.max(restMs('retry', climb, policy), Math.min(growing, ...rests)),
    round: false,
  };
}

/** May this rung be used at all today? */
function isOpen(rung: Rung, { code, possible, usedToday }: Climb, { rungs }: LadderPolicy): boolean {
  const highest = HIGHEST[code] ?? 'retry';
  return (
    rungs[rung].allowed &&
    possible.has(rung) &&
    usedToday(rung) < rungs[rung].perDay &&
    RUNGS.indexOf(rung) <= RUNGS.indexOf(highest)
  );
}

/** How long a rung has still to rest. */
function restMs(rung: Rung, { sinceUse }: Climb, { rungs }: LadderPolicy): number {
  const since = sinceUse(rung);
  return since === undefined ? 0 : Math.max(0, rungs[rung].cooldownMs - since);
}
