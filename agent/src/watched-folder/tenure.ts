import { utimes } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import type { Disk } from './disk.ts';
import { type FolderLock, holderText, isAlive, isOfThisMachine, takeLock } from './lock.ts';
import type { Trees } from './trees.ts';

/**
 * Who may work in a watched folder. One engine holds its lock for as long as it runs; where the folder is shared, each holds it for
 * as long as a scan takes, and each job has an owner, whose work is taken over when it is dead.
 */
export type Tenure = {
  /** Takes or confirms the right to be here. `folder-busy` while another engine has the folder for itself. */
  hold(): Promise<void>;
  /** While it acts, no other engine scans. `folder-busy` (retryable here) when another one does not end. */
  alone<T>(act: () => Promise<T>): Promise<T>;
  /** What a claim writes into the job's folder; undefined where there is one engine. */
  owner: { name: string; text: string } | undefined;
  /** Has this job folder another owner who is alive, or has it gone? Else it is this engine's from now on. Call it alone. */
  isOthers(jobFolder: string): Promise<boolean>;
  /** Jobs of all engines. */
  jobsInStage(): Promise<number>;
  release(): Promise<void>;
};

export const OWNER = '.owner';
/** An engine on another machine that has not scanned for so long is dead. */
const LEASE_MS = 60_000;
const LOCK_WAIT_MS = 10_000;
const LOCK_LOOK_MS = 10;
const OWNER_BYTES_MAX = 1_000;

export function createTenure(options: {
  disk: Disk;
  trees: Trees;
  token: string;
  shared: boolean;
  clock: Clock;
}): Tenure {
  const { disk, trees, token, shared, clock } = options;
  const node = (of: string) => `${trees.root}/.vigie-node-${of}`;
  let lock: FolderLock | undefined;
  let text = '';

  async function hold(): Promise<void> {
    if (!shared) {
      if (!(await lock?.isHeld())) lock = await takeLock(trees.lock, token);
      return;
    }
    text = (await holderText(token)).trim();
    if ((await disk.look(node(token))) === undefined) await disk.appendLine(node(token), text);
    const now = clock.now() / 1000;
    await utimes(bytesOf(node(token)), now, now);
  }

  async function alone<T>(act: () => Promise<T>): Promise<T> {
    if (!shared) return act();
    const mine = await turn();
    try {
      return await act();
    } finally {
      await mine.release();
    }
  }

  async function turn(): Promise<FolderLock> {
    const end = clock.monotonic() + LOCK_WAIT_MS;
    for (;;) {
      try {
        return await takeLock(trees.lock, token, { isDead });
      } catch (error) {
        if (!(error instanceof VigieError) || error.code !== 'folder-busy') throw error;
        if (clock.monotonic() > end) {
          throw new VigieError('folder-crowded', `scan ${JSON.stringify(trees.input)}: another engine is scanning`, {
            cause: error,
            retryable: true,
            hint: 'A longer interval leaves room for all engines of a shared folder.',
          });
        }
        await clock.sleep(LOCK_LOOK_MS);
      }
    }
  }

  /** Told by its process on this machine, by its last sign of life on another. */
  async function isDead(holder: string): Promise<boolean> {
    if (await isOfThisMachine(holder)) return !(await isAlive(holder));
    const of = holder.trim().split(' ')[2] ?? '';
    const [theirs, mine] = [await disk.look(node(of)), await disk.look(node(token))];
    return theirs === undefined || mine === undefined || mine.modifiedAt - theirs.modifiedAt > LEASE_MS;
  }

  return {
    hold,
    alone,
    get owner() {
      return shared ? { name: OWNER, text } : undefined;
    },
    async isOthers(jobFolder) {
      if (!shared) return false;
      const path = `${jobFolder}/${OWNER}`;
      try {
        const holder = (await disk.look(path)) ? (await disk.text(path, OWNER_BYTES_MAX)).trim() : '';
        if (holder === text) return false;
        if (holder !== '' && !(await isDead(holder))) return true;
        if (holder === '' && (await disk.removeEmpty(jobFolder))) return true;
        await disk.remove(path);
        await disk.appendLine(path, text);
        return false;
      } catch (error) {
        // Its job has ended meanwhile, elsewhere or here.
        if (isSystemError(error, 'ENOENT')) return true;
        throw error;
      }
    },
    jobsInStage: async () => (await disk.names(trees.stage)).filter((name) => !name.startsWith('.')).length,
    async release() {
      await lock?.release();
      if (shared) await disk.remove(node(token));
    },
  };
}
