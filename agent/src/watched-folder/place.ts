import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Disk } from './disk.ts';
import { firstFree, suffixedName } from './names.ts';

/** Names that jobs have announced and not taken yet: no other job may announce them. Paths are absolute. */
export type Reservations = {
  /** By another job than this one? */
  isTaken(path: string, jobId: string): boolean;
  /** In place of what the job had reserved before. */
  reserve(jobId: string, path: string): void;
  release(jobId: string): void;
};

export function createReservations(): Reservations {
  const paths = new Map<string, string>();
  const byJob = new Map<string, string>();
  function release(jobId: string): void {
    const path = byJob.get(jobId);
    if (path !== undefined) paths.delete(path);
    byJob.delete(jobId);
  }
  return {
    isTaken: (path, jobId) => (paths.get(path) ?? jobId) !== jobId,
    reserve(jobId, path) {
      release(jobId);
      paths.set(path, jobId);
      byJob.set(jobId, path);
    },
    release,
  };
}

/**
 * Gives a file a free name in a folder, durably and over nobody's head: `name`, or `name_1`, `name_2`, … The name is
 * announced before it is taken; when another file takes it in between, the next one is announced.
 */
export async function placeUnder(options: {
  disk: Disk;
  file: string;
  folder: string;
  name: string;
  /** Names (absolute paths) that count as taken although nothing lies there. */
  isTaken: (path: string) => boolean;
  announce: (path: string) => void;
}): Promise<string> {
  const { disk, file, folder, name, isTaken, announce } = options;
  await disk.makeFolder(folder);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const pathAt = (index: number) => `${folder}/${suffixedName(name, index)}`;
    const index = await firstFree(async (at) => isTaken(pathAt(at)) || (await disk.look(pathAt(at))) !== undefined);
    const path = pathAt(index);
    if (isTaken(path)) continue;
    announce(path);
    try {
      await disk.linkNew(file, path);
      return path;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
  throw new VigieError(
    'no-free-name',
    `place ${JSON.stringify(name)} in ${JSON.stringify(folder)}: every name was taken at once`,
    {
      retryable: true,
    },
  );
}

const ATTEMPTS_MAX = 100;
