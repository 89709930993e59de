import { randomBytes } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { removeIfThere } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';

/** The right to work in one watched folder, which one engine at a time has. */
export type FolderLock = {
  /** False when the lock file is no longer this engine's. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
};

/**
 * Takes the lock file. It names its holder by process id and start time, so that a killed holder's lock is known to be
 * void, even when its id has been given to another process since. `folder-busy` while a holder lives.
 *
 * @param token tells engines of one process apart; the lock of this very token is taken again without complaint
 */
export async function takeLock(
  path: string,
  token: string,
  { isDead = async (holder: string) => !(await isAlive(holder)) } = {},
): Promise<FolderLock> {
  const mine = await holderText(token);
  const own = `${path}.${randomBytes(6).toString('hex')}.part`;
  const isHeld = async () => (await textOf(path)) === mine;
  const held: FolderLock = {
    isHeld,
    release: async () => ((await isHeld()) ? removeIfThere(path) : undefined),
  };
  await writeFile(bytesOf(own), mine, { flag: 'wx' });
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        await link(bytesOf(own), bytesOf(path));
        return held;
      } catch (error) {
        if (!isSystemError(error, 'EEXIST')) throw error;
      }
      const holder = await textOf(path);
      if (holder === undefined) continue;
      if (holder === mine) return held;
      if (!(await isDead(holder))) throw busy(path, holder);
      await takeAway(path, holder);
    }
  } finally {
    await removeIfThere(own);
  }
  throw busy(path, '?');
}

const ATTEMPTS_MAX = 20;

/** Removes a void lock; one that somebody else took in the meantime is put back. */
async function takeAway(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await rename(bytesOf(path), bytesOf(aside));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  try {
    if ((await textOf(aside)) !== holder) await link(bytesOf(aside), bytesOf(path));
  } catch (error) {
    // A third one has the lock: the holder that was put aside finds out before its next step.
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    await unlink(bytesOf(aside));
  }
}

function busy(path: string, holder: string): VigieError {
  const pid = holder.split(' ')[0];
  return new VigieError('folder-busy', `lock watched folder ${JSON.stringify(path)}: process ${pid} works in it`, {
    hint: 'Stop the other agent, or give this one a folder of its own.',
  });
}

/** Is the process that a lock names alive, on this machine? */
export async function isAlive(holder: string): Promise<boolean> {
  const [pid, start] = holder.trim().split(' ');
  if (pid === undefined || !/^\d+$/.test(pid)) return false;
  const now = await startOf(Number(pid));
  return now !== undefined && now === start;
}

/** How an engine of this process names itself. */
export async function holderText(token: string): Promise<string> {
  return `${process.pid} ${(await startOf(process.pid)) ?? '?'} ${token}\n`;
}

/** Does a lock name a process of this machine, since its last start? */
export async function isOfThisMachine(holder: string): Promise<boolean> {
  return (holder.split(' ')[1] ?? '').startsWith(`${await bootId()}:`);
}

/** Boot and start time of a process (proc(5), field 22 of stat); undefined when there is no such process. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A dead process that nobody has waited for still has an entry.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${await bootId()}:${fields[19]}`;
}

const bootId = async (): Promise<string> => (await textOf('/proc/sys/kernel/random/boot_id'))?.trim() ?? '';

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(bytesOf(path), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
