import { isSystemError } from '@vigie/shared/kit/errors';
import type { FolderContent } from './candidate.ts';
import type { Disk } from './disk.ts';
import { copyFolder } from './folder-copy.ts';
import { suffixedName } from './names.ts';
import type { Reservations } from './place.ts';

/** Flushes all that is in a job's folder, and moves it to a free name, durably; on another file system by a copy. */
export async function moveFolder(
  disk: Disk,
  content: FolderContent,
  { from, to, jobId }: { from: string; to: string; jobId: string },
): Promise<void> {
  for (const { path } of content.files) await disk.syncFile(`${from}/${path}`);
  for (const path of content.folders) await disk.syncFolder(`${from}/${path}`);
  await disk.syncFolder(from);
  try {
    await disk.rename(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV')) throw error;
    return copyFolder(disk, content, { from, to, jobId });
  }
  await disk.syncFolder(to.slice(0, to.lastIndexOf('/')));
  await disk.syncFolder(from.slice(0, from.lastIndexOf('/')));
}

/** The absolute path of a free folder of this name, or of the name with a suffix; it is reserved for the job. */
export async function freeFolder(
  { disk, reservations }: { disk: Disk; reservations: Reservations },
  jobId: string,
  folder: string,
  name: string,
): Promise<string> {
  for (let index = 0; index < FOLDERS_MAX; index++) {
    const path = `${folder}/${suffixedName(name, index)}`;
    if ((await disk.look(path)) || reservations.isTaken(path, jobId)) continue;
    reservations.reserve(jobId, [path]);
    return path;
  }
  throw new RangeError(`more than ${FOLDERS_MAX} folders of the name ${JSON.stringify(name)}`);
}

const FOLDERS_MAX = 100_000;
