import type { BigIntStats } from 'node:fs';

/** What lies under a name; `device` and `inode` name the file itself, whatever names it has. Times are ms since 1970, size is bytes. */
export type FileLook = {
  type: 'file' | 'folder' | 'special';
  size: number;
  modifiedAt: number;
  changedAt: number;
  device: bigint;
  inode: bigint;
};

/** Times are cut to whole microseconds, which a number of milliseconds holds exactly enough to be compared. */
export const fileLook = (stat: BigIntStats): FileLook => ({
  type: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'special',
  size: Number(stat.size),
  modifiedAt: Number(stat.mtimeNs / 1000n) / 1000,
  changedAt: Number(stat.ctimeNs / 1000n) / 1000,
  device: stat.dev,
  inode: stat.ino,
});
