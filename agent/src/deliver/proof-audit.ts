import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { Pace, RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { Place, Proofs, Proved } from '../store/proofs.ts';
import { judge } from './judge.ts';

/** Looks again at what a destination has proved, in turns, so that each asset is looked at once in a given time. */
export type ProofAudit = {
  run(signal: AbortSignal): Promise<void>;
};

const LOOK_EVERY_MS = 60_000;
/** What cannot be looked at is left alone for so long: it must not keep the audit from what is behind it. */
const ASIDE_MS = 86_400_000;
/** So many in one turn that cannot be looked at, one after the other, end it. */
const UNREADABLE_MAX = 20;
/** So many are put aside at most: behind them it is the destination that is in trouble, and the oldest of them is looked at again. */
const ASIDE_MAX = 10_000;
/** Errors that end a turn: whatever is behind a file would fail alike. */
const ABOUT_ALL = new Set(['destination', 'connection']);

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
  /** False while nothing may go to the destination: an operator has paused it, or an outage is acted. */
  mayLook?: () => boolean;
  /** Asked before each look, and before bytes come back: the destination's bandwidth, behind fresh pictures. */
  pace?: Pace;
  changed: () => void;
  clock: Clock;
  log: Log;
}): ProofAudit {
  const { destination, remote, proofs, address, withinMs, proof, changed, clock, log } = options;
  const { mayLook = () => true, pace } = options;
  /** Until when (monotonic) assets are left alone, by their ids. */
  const aside = new Map<number, number>();
  /** Assets whose failure has been told. */
  const toldOf = new Set<number>();
  /** What broke the last turn's connection: where it does so again, it is the file. */
  let suspect: number | undefined;

  async function lookAt(proved: Proved, signal: AbortSignal): Promise<void> {
    const path = address(proved);
    const name = `"${printable(path)}"`;
    await pace?.down(0, signal);
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
    if (proof === 'digest' && (await remote.digest(path, signal, pace)).sha256 !== proved.sha256) {
      return tell(proved, 'changed-at-destination', `${name} was proved, and has other bytes now`);
    }
    proofs.confirmed(proved, now);
  }

  function tell(proved: Proved, code: string, message: string): void {
    log.error({ destination, source: proved.source, path: proved.path, code }, message);
    proofs.revoked(proved, { code, message }, clock.now());
    changed();
  }

  const isAside = ({ id }: Proved): boolean => (aside.get(id) ?? 0) > clock.monotonic();

  /** Those that are due, but for what is put aside; so many at most. */
  function due(): Proved[] {
    const before = clock.now() - withinMs;
    const limit = turnOf(proofs.count(), withinMs);
    const found: Proved[] = [];
    for (let behind: Place | undefined; found.length < limit; ) {
      const page = proofs.oldest(before, limit, behind);
      found.push(...page.filter((proved) => !isAside(proved)));
      behind = page.at(-1)?.place;
      if (page.length < limit) break;
    }
    return found.slice(0, limit);
  }

  function putAside({ id }: Proved): void {
    aside.delete(id);
    aside.set(id, clock.monotonic() + ASIDE_MS);
    const [oldest] = aside.keys();
    if (aside.size > ASIDE_MAX && oldest !== undefined) aside.delete(oldest);
  }

  /** Is the error about this file alone? Then it is put aside; otherwise the turn ends with it. */
  function isAboutIt(proved: Proved, error: unknown): boolean {
    const { about, code } = judge(error);
    // A folder that may not be read is no reason to leave the others alone.
    if (!ABOUT_ALL.has(about) || code === 'permission') return true;
    const isAgain = about === 'connection' && suspect === proved.id;
    suspect = about === 'connection' && !isAgain ? proved.id : undefined;
    return isAgain;
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const unreadable: { proved: Proved; error: unknown }[] = [];
    let inARow = 0;
    try {
      for (const proved of due()) {
        if (signal.aborted || !mayLook() || inARow >= UNREADABLE_MAX) return;
        try {
          await lookAt(proved, signal);
          inARow = 0;
          aside.delete(proved.id);
          toldOf.delete(proved.id);
        } catch (error) {
          // What an acted outage has cut off says nothing of the file.
          if (signal.aborted || !mayLook() || !isAboutIt(proved, error)) throw error;
          inARow += 1;
          putAside(proved);
          unreadable.push({ proved, error });
        }
      }
    } finally {
      warn(unreadable.filter(({ proved: { id } }) => !toldOf.has(id)));
    }
  }

  /** Told once for each file, and for all of a turn in one line: a folder that may not be read has thousands. */
  function warn(unreadable: { proved: Proved; error: unknown }[]): void {
    const [first] = unreadable;
    if (!first) return;
    for (const { proved } of unreadable) toldOf.add(proved.id);
    const { source, path } = first.proved;
    log.warn(
      { destination, source, path, code: codeOf(first.error), count: unreadable.length },
      `audit: ${unreadable.length} proved files cannot be looked at, and are tried again in a day; the first: ${messageOf(first.error)}`,
    );
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          if (mayLook()) await turn(signal);
        } catch (error) {
          // Deliveries tell what is wrong with a destination; the audit only waits for it.
          if (!signal.aborted) log.debug({ destination, code: codeOf(error) }, `audit: ${messageOf(error)}`);
        }
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    },
  };
}
