import { contentOf, type FolderContent } from './candidate.ts';
import { COPY, type Disk } from './disk.ts';

/**
 * Copies a folder to a free name on another file system, durably. Until it is whole it has a name that is never picked; what a crash has left of
 * an earlier attempt of the same job goes.
 */
export async function copyFolder(
  disk: Disk,
  { files, folders }: FolderContent,
  { from, to, jobId }: { from: string; to: string; jobId: string },
): Promise<void> {
  const parent = to.slice(0, to.lastIndexOf('/'));
  const part = `${parent}/${COPY}${jobId}`;
  await disk.removeWork(part);
  for (const path of ['', ...folders]) await disk.makeFolder(path === '' ? part : `${part}/${path}`);
  for (const { path } of files) await disk.copyNew(`${from}/${path}`, `${part}/${path}`);
  await disk.rename(part, to);
  await disk.syncFolder(parent);
}

/** Have both the same files, of the same bytes? */
export async function isSameFolder(
  disk: Disk,
  { files }: FolderContent,
  from: string,
  other: string,
): Promise<boolean> {
  if ((await disk.look(other))?.type !== 'folder') return false;
  const theirs = (await contentOf(disk, other)).files;
  if (theirs.length !== files.length) return false;
  for (const [index, { path, look }] of files.entries()) {
    const twin = theirs[index];
    if (twin?.path !== path || twin.look.size !== look.size) return false;
    const [own, its] = [await disk.digest(`${from}/${path}`), await disk.digest(`${other}/${path}`)];
    if (own.sha256 !== its.sha256) return false;
  }
  return true;
}
