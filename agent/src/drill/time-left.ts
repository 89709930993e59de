/** How far a drill is: its length, when it began by the clock, and how long it has lasted by the time that no clock setting changes. */
export type DrillTime = { forMs: number; startedAt: number; spentMs: number };

/**
 * What a drill has lasted when an agent that was down finds it in its ledger. The clock alone knows of the time between, and may have
 * been set meanwhile: it can end a drill early, and never make it longer than its length in running time.
 */
export function spentByRestart({ forMs, startedAt, spentMs }: DrillTime, now: number): number {
  return Math.min(forMs, Math.max(spentMs, now - startedAt));
}
