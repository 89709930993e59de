import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Disk } from './disk.ts';
import type { Job } from './job.ts';
import type { Trees } from './trees.ts';

/**
 * Claims files by renaming each into a job folder of its own, durably: from then on they belong to this engine. A file that has gone in the
 * meantime is left out. What was claimed before an error comes with the error, and is worked on all the same.
 *
 * @param newId job ids, growing
 * @param owner written into each job folder first, where several engines share the stage
 */
export async function claim(
  disk: Disk,
  { input, stage }: Pick<Trees, 'input' | 'stage'>,
  names: readonly string[],
  { newId, owner }: { newId: () => string; owner: { name: string; text: string } | undefined },
): Promise<{ jobs: Job[]; error: unknown }> {
  const jobs: Job[] = [];
  let failure: unknown;
  try {
    for (const name of names) {
      const id = await moveToJob(disk, stage, `${input}/${name}`, name, newId, owner);
      if (id !== undefined) jobs.push({ id, name, repeated: false });
    }
  } catch (error) {
    failure = error;
  }
  try {
    await Promise.all(jobs.map(({ id }) => disk.syncFolder(`${stage}/${id}`)));
    if (jobs.length > 0) {
      await disk.syncFolder(stage);
      await disk.syncFolder(input);
    }
  } catch (error) {
    failure ??= error;
  }
  return { jobs, error: failure };
}

/** Moves one entry into a new job folder; its id, or undefined when the entry was gone. Not flushed. */
export async function moveToJob(
  disk: Disk,
  stage: string,
  path: string,
  name: string,
  newId: () => string,
  owner?: { name: string; text: string },
): Promise<string | undefined> {
  const id = await newJobFolder(disk, stage, newId);
  try {
    if (owner) await disk.appendLine(`${stage}/${id}/${owner.name}`, owner.text);
    await disk.rename(path, `${stage}/${id}/${name}`);
    return id;
  } catch (error) {
    if (owner) await disk.remove(`${stage}/${id}/${owner.name}`);
    await disk.removeEmpty(`${stage}/${id}`);
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw new VigieError('folder-not-movable', `claim ${JSON.stringify(name)}: it cannot be moved out of input`, {
      cause: error,
      retryable: true,
      hint: 'The agent needs the right to write in input and stage; nothing may be mounted over the file.',
    });
  }
}

async function newJobFolder(disk: Disk, stage: string, newId: () => string): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const id = newId();
    try {
      await disk.makeNewFolder(`${stage}/${id}`);
      return id;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
  throw new VigieError('no-free-name', `make a job folder in ${JSON.stringify(stage)}: every id was taken`, {
    retryable: true,
  });
}

const ATTEMPTS_MAX = 100;

/** When (ms since 1970) the job of this id was claimed. */
export const claimedAt = (jobId: string): number => Number.parseInt(jobId.slice(0, 9), 36);

/** Ids that sort by time, then by their number in this process; the last part tells processes with the same clock apart. */
export function createJobIds(now: () => number, random: () => number): () => string {
  let number = 0;
  let last = 0;
  return () => {
    // A clock that was set back does not make younger jobs look older within one process.
    last = Math.max(last, Math.trunc(now()));
    number = (number + 1) % 36 ** 4;
    const part = (value: number, length: number) => Math.trunc(value).toString(36).padStart(length, '0');
    return `${part(last, 9)}${part(number, 4)}${part(random() * 36 ** 5, 5)}`;
  };
}
