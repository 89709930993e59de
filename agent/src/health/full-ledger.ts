import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { isLedgerFull } from '../store/ledger-full.ts';

/** Runs a loop, and runs it again when the ledger had no room: it goes on once there is some. Other errors are thrown. */
export async function whileRoomComes(
  loop: (signal: AbortSignal) => Promise<void>,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await loop(signal);
    } catch (error) {
      if (!isLedgerFull(error)) throw error;
      log.error(
        { code: codeOf(error) },
        `the ledger has no room, what waits for it goes on later: ${messageOf(error)}`,
      );
      await clock.sleep(AGAIN_AFTER_MS, signal);
    }
  }
}

const AGAIN_AFTER_MS = 5_000;
