import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { SourceName } from '../store/inventories.ts';
import type { CertifySource } from './certify-source.ts';

/** Makes the certificates of every source, again and again. */
export type CertificateRounds = {
  /** A round soon after the start, then one each interval; sources that wait for their device are tried again in between. */
  run(signal: AbortSignal): Promise<void>;
  /** One round through these sources. */
  round(names: readonly SourceName[], signal: AbortSignal): Promise<{ made: number; waiting: SourceName[] }>;
};

/** Devices come back first when a hub has started. */
const FIRST_AFTER_MS = 60_000;
const AGAIN_AFTER_MS = 15 * 60_000;

export function createCertificateRounds(options: {
  /** All sources that the hub knows. */
  sources: () => SourceName[];
  certify: CertifySource;
  /** Pause between rounds through all sources. */
  everyMs: number;
  clock: Clock;
  log: Log;
}): CertificateRounds {
  const { sources, certify, everyMs, clock, log } = options;

  async function round(names: readonly SourceName[], signal: AbortSignal) {
    let made = 0;
    const waiting: SourceName[] = [];
    for (const name of names) {
      if (signal.aborted) break;
      try {
        const certified = await certify(name, signal);
        made += certified.made;
        if (certified.waiting > 0) waiting.push(name);
      } catch (error) {
        waiting.push(name);
        const usual = codeOf(error) === 'not-reconciled';
        log[usual ? 'debug' : 'warn']({ ...name, error: messageOf(error) }, 'certificates of a source were not made');
      }
    }
    if (made > 0) log.info({ made }, 'certificates were made');
    return { made, waiting };
  }

  return {
    round,
    async run(signal) {
      await clock.sleep(Math.min(everyMs, FIRST_AFTER_MS), signal);
      while (!signal.aborted) {
        const next = clock.monotonic() + everyMs;
        let { waiting } = await round(sources(), signal);
        while (!signal.aborted && clock.monotonic() < next) {
          const left = next - clock.monotonic();
          await clock.sleep(waiting.length === 0 ? left : Math.min(left, AGAIN_AFTER_MS), signal);
          if (waiting.length > 0 && clock.monotonic() < next) ({ waiting } = await round(waiting, signal));
        }
      }
    },
  };
}
