import { stat, statfs } from 'node:fs/promises';

/**
 * The room on a file system. `freeBytes` and `freeInodes` are what an ordinary user may still take; inodes are null where the
 * file system does not count them (btrfs, FAT).
 */
export type DiskSpace = {
  freeBytes: number;
  totalBytes: number;
  freeInodes: number | null;
  totalInodes: number | null;
};

/** The room on the file system that holds a path. Errors are those of statfs(2). */
export async function diskSpace(path: string): Promise<DiskSpace> {
  const { bsize, bavail, blocks, files, ffree } = await statfs(path);
  const counted = files > 0;
  return {
    freeBytes: bsize * bavail,
    totalBytes: bsize * blocks,
    freeInodes: counted ? ffree : null,
    totalInodes: counted ? files : null,
  };
}

/** Names the file system that holds a path; the same for all paths on it, until the machine starts anew. */
export async function fileSystemOf(path: string): Promise<string> {
  return String((await stat(path, { bigint: true })).dev);
}
