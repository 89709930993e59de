import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import { inTurns } from '@vigie/shared/kit/in-turn';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { KeptDisk, KeptLook } from './kept-disk.ts';
import type { Proof } from './proof.ts';
import type { Candidate, KeptAsset, Purge, Shelf } from './shelf.ts';

/**
 * The one place where a kept file is deleted: a name below result, preserve or failure. Its order is what a crash relies on: the ledger
 * decides and writes it down, durably → the names go → their folders are flushed → the ledger notes the end. What is cut short is ended
 * by `finish`; until then the inventory says *purged* and the file may still lie there, never the other way round.
 */
export type Deletion = {
  /** Removes those that are proved on what the ledger says now. Returns what went, in files and bytes. */
  remove(candidates: readonly Candidate[], reason: string): Promise<{ count: number; bytes: number }>;
  /** Ends removals that a crash or an error of the disk has cut short; it is the first thing at a start. */
  finish(): Promise<void>;
  /** Takes away a name that holds no picture: a log, a link, a FIFO. */
  removePlain(path: string): Promise<void>;
};

export function createDeletion(options: {
  shelf: Pick<Shelf, 'begin' | 'open' | 'isTaken' | 'end'>;
  disk: Pick<KeptDisk, 'look' | 'remove' | 'syncFolder'>;
  judge: (asset: KeptAsset) => Proof;
  /** The root of a source's watched folder, or undefined while it is not there: an absent disk is not an empty one. */
  rootOf: (source: string) => Promise<string | undefined>;
  clock: Clock;
  log: Log;
}): Deletion {
  const { shelf, disk, rootOf, clock, log } = options;

  const mayGo = (asset: KeptAsset): string[] | undefined => {
    const proof = options.judge(asset);
    return proof.proved ? proof.at : undefined;
  };

  /** A file that is not what the ledger proved stays: somebody has written to it, or it is another one. */
  const isIt = (look: KeptLook | undefined, { size, modifiedAt }: Pick<Purge, 'size' | 'modifiedAt'>): boolean =>
    look?.type === 'file' && look.size === size && Math.abs(look.modifiedAt - modifiedAt) <= MODIFIED_WITHIN_MS;

  async function isUntouched(candidate: Candidate): Promise<boolean> {
    const root = await rootOf(candidate.asset.source);
    if (root === undefined) return false;
    for (const name of candidate.names) {
      if (isIt(await disk.look(`${root}/${name}`), candidate)) continue;
      log.warn({ source: candidate.asset.source, name: printable(name) }, 'kept: it is not what was delivered');
      return false;
    }
    return true;
  }

  /** The names of what the ledger has decided on go, then their folders are flushed, then it is done. */
  async function carryOut(purges: readonly Purge[]): Promise<void> {
    const folders = new Set<string>();
    const done: number[] = [];
    for (const purge of purges) {
      const root = await rootOf(purge.source);
      if (root === undefined) continue;
      try {
        for (const name of purge.names) {
          const path = `${root}/${name}`;
          if (shelf.isTaken(purge.source, name)) continue;
          if (isIt(await disk.look(path), purge)) await disk.remove(path);
          folders.add(path.slice(0, path.lastIndexOf('/')));
        }
        done.push(purge.id);
      } catch (error) {
        log.warn({ source: purge.source, error: messageOf(error) }, 'a file that was to go is still there');
      }
    }
    for (const folder of folders) await disk.syncFolder(folder);
    if (done.length > 0) shelf.end(done, clock.now());
  }

  async function remove(candidates: readonly Candidate[], reason: string): Promise<{ count: number; bytes: number }> {
    const untouched: Candidate[] = [];
    for (const candidate of candidates) if (await isUntouched(candidate)) untouched.push(candidate);
    if (untouched.length === 0) return { count: 0, bytes: 0 };
    const purges = shelf.begin(untouched, { mayGo, reason, at: clock.now() });
    await carryOut(purges);
    return { count: purges.length, bytes: purges.reduce((sum, { size }) => sum + size, 0) };
  }

  async function finish(): Promise<void> {
    const open = shelf.open();
    for (let i = 0; i < open.length; i += PORTION) await carryOut(open.slice(i, i + PORTION));
  }

  /** One after the other: two would carry out the same removal. */
  const inTurn = inTurns();

  return {
    remove: (candidates, reason) => inTurn(() => remove(candidates, reason)),
    finish: () => inTurn(finish),
    removePlain: (path) => disk.remove(path),
  };
}

/** The ledger keeps whole milliseconds, cut off or rounded. */
const MODIFIED_WITHIN_MS = 1;
const PORTION = 100;
