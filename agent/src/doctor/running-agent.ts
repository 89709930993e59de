import { readFile } from 'node:fs/promises';
import { isSystemError } from '@vigie/shared/kit/errors';

/** The process id that a watched folder's lock file names, where that process lives: an agent works in the folder. */
export async function agentIn(lockFile: string, proc = '/proc'): Promise<number | undefined> {
  const pid = (await textOf(lockFile))?.split(' ')[0];
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
  return (await textOf(`${proc}/${pid}/stat`)) === undefined ? undefined : Number(pid);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}
