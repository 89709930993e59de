import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { Proofs, Proved } from '../store/proofs.ts';

/** Looks again at what a destination has proved, in turns, so that each asset is looked at once in a given time. */
export type ProofAudit = {
  run(signal: AbortSignal): Promise<void>;
};

const LOOK_EVERY_MS = 60_000;

/**
 * How many may be looked at in one turn: what a minute's share is, twice over, so that what a time offline has left is made up for.
 *
 * @param count proved assets
 */
export const turnOf = (count: number, withinMs: number): number =>
  Math.max(1, Math.ceil((2 * count * LOOK_EVERY_MS) / withinMs));

export function createProofAudit(options: {
  destination: string;
  remote: Pick<RemoteFolder, 'look' | 'digest'>;
  proofs: Proofs;
  /** Its path below the destination's root. */
  address: (proved: Proved) => string;
  withinMs: number;
  proof: 'size' | 'digest';
  changed: () => void;
  clock: Clock;
  log: Log;
}): ProofAudit {
  const { destination, remote, proofs, address, withinMs, proof, changed, clock, log } = options;

  async function lookAt(proved: Proved, signal: AbortSignal): Promise<void> {
    const path = address(proved);
    const name = `"${printable(path)}"`;
    const there = await remote.look(path, signal);
    const now = clock.now();
    if (there === undefined)
      return tell(proved, 'lost-at-destination', `${name} was proved, and is not there any more`);
    if (there.size !== proved.size) {
      return tell(
        proved,
        'changed-at-destination',
        `${name} was proved with ${proved.size} bytes, and has ${there.size} now`,
      );
    }
    if (proof === 'digest' && (await remote.digest(path, signal)).sha256 !== proved.sha256) {
      return tell(proved, 'changed-at-destination', `${name} was proved, and has other bytes now`);
    }
    proofs.confirmed(proved, now);
  }

  function tell(proved: Proved, code: string, message: string): void {
    log.error({ destination, source: proved.source, path: proved.path, code }, message);
    proofs.revoked(proved, { code, message }, clock.now());
    changed();
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const before = clock.now() - withinMs;
    for (const proved of proofs.oldest(before, turnOf(proofs.count(), withinMs))) {
      if (signal.aborted) return;
      await lookAt(proved, signal);
    }
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await turn(signal);
        } catch (error) {
          // Deliveries tell what is wrong with a destination; the audit only waits for it.
          if (!signal.aborted) log.debug({ destination, code: codeOf(error) }, `audit: ${messageOf(error)}`);
        }
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    },
  };
}
