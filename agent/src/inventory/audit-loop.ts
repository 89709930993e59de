import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

const AGAIN_MS = 60_000;
const EVERY_MS = 86_400_000;
/** While the agent runs, a younger file may be in the hands of a job. */
const SETTLED_MS = 600_000;

/**
 * Audits at the start and each day, and again each minute until it went through: what events have missed is found so. `audit` answers whether
 * it did; files younger than `before` are not its business.
 */
export async function auditEachDay(
  audit: (before: number) => Promise<boolean>,
  { startedAt, clock, log }: { startedAt: number; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (let before = startedAt; !signal.aborted; ) {
    let wentThrough = false;
    try {
      wentThrough = await audit(before);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the ledger could not be held against the disk');
    }
    await clock.sleep(wentThrough ? EVERY_MS : AGAIN_MS, signal);
    before = Math.max(before, clock.now() - SETTLED_MS);
  }
}
