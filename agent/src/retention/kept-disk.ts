import { createHash } from 'node:crypto';
import { constants, lstat, open, readdir } from 'node:fs/promises';
import { removeIfThere, syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError } from '@vigie/shared/kit/errors';
import { type FileLook, fileLook } from '@vigie/shared/kit/file-look';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';

/** What lies under a name. `links` counts the file's names. */
export type KeptLook = FileLook & { links: number };

/** What retention does to a disk. Paths are absolute, text as `kit/names.ts` writes it; errors are those of the system calls. */
export type KeptDisk = {
  /** The names in a folder, in no order; none where there is no folder. */
  names(folder: string): Promise<string[]>;
  /** Undefined when nothing lies there. Links are not followed. */
  look(path: string): Promise<KeptLook | undefined>;
  /** Takes a name away; that it is gone is no error. Not flushed. */
  remove(path: string): Promise<void>;
  /** Flushes a folder's list of names; that the folder is gone is no error. */
  syncFolder(path: string): Promise<void>;
  /** SHA-256 of a regular file's bytes, 64 hexadecimal digits. */
  digest(path: string): Promise<string>;
};

export const localKeptDisk: KeptDisk = {
  async names(folder) {
    try {
      return (await readdir(bytesOf(folder), { encoding: 'buffer' })).map(nameOf);
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
      throw error;
    }
  },
  async look(path) {
    try {
      const stat = await lstat(bytesOf(path), { bigint: true });
      return { ...fileLook(stat), links: Number(stat.nlink) };
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  },
  remove: removeIfThere,
  async syncFolder(path) {
    try {
      await syncFolder(path);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  },
  async digest(path) {
    const file = await open(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 }))
        hash.update(chunk);
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  },
};
