import { createHash, randomUUID } from 'node:crypto';
import { constants, link, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import * as durable from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import type { Listed } from './select.ts';

/**
 * All that the engine does to the disk, as steps that a crash falls between. Paths are absolute, text as
 * `kit/names.ts` writes it. Errors are those of the system calls. No step waits for a FIFO or follows a link at the end
 * of a path.
 */
export type Disk = {
  /** The names in a folder, in no order. */
  names(folder: string): Promise<string[]>;
  /** What lies under a path; undefined when nothing does. */
  look(path: string): Promise<Look | undefined>;
  makeFolder(path: string): Promise<void>;
  /** One new folder; `EEXIST` when the name is taken. Not flushed. */
  makeNewFolder(path: string): Promise<void>;
  /** Moves a name. It overwrites: the new name must be known to be free. Not flushed. */
  rename(from: string, to: string): Promise<void>;
  /** A further name for a regular file, durably: see `kit/durable.ts`. */
  linkNew(from: string, to: string): Promise<void>;
  /** Copies a regular file to a free name, durably; the only step that crosses file systems. */
  copyNew(from: string, to: string): Promise<void>;
  /** Takes a name away; that it is gone is no error. Not flushed. */
  remove(path: string): Promise<void>;
  /** Takes an empty folder away; false when it is not empty, true when it is gone. */
  removeEmpty(path: string): Promise<boolean>;
  /** Takes a folder of temporary files away with all that is in it. */
  removeWork(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Adds a line at the end of a text file, durably; a torn last line before it is ended first. */
  appendLine(path: string, line: string): Promise<void>;
  /** The last bytes of a text file, at most `limitBytes`; empty when there is none. */
  tail(path: string, limitBytes: number): Promise<string>;
  /** SHA-256 (64 hexadecimal digits) and size of a regular file's bytes. */
  digest(path: string): Promise<{ size: number; sha256: string }>;
};

/** `device` and `inode` name the file itself, whatever names it has. */
export type Look = Omit<Listed, 'name'> & { device: bigint; inode: bigint };

/** How the names of unfinished copies begin. */
export const COPY = '.vigie-copy-';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export const localDisk: Disk = {
  async names(folder) {
    return (await readdir(bytesOf(folder), { encoding: 'buffer' })).map(nameOf);
  },

  async look(path) {
    try {
      const stat = await lstat(bytesOf(path), { bigint: true });
      return {
        type: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'special',
        size: Number(stat.size),
        modifiedAt: Number(stat.mtimeNs / 1000n) / 1000,
        changedAt: Number(stat.ctimeNs / 1000n) / 1000,
        device: stat.dev,
        inode: stat.ino,
      };
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  },

  makeFolder: durable.makeFolder,
  makeNewFolder: (path) => mkdir(bytesOf(path)),
  rename: (from, to) => rename(bytesOf(from), bytesOf(to)),
  linkNew: durable.linkNew,

  async copyNew(from, to) {
    const part = `${to.slice(0, to.lastIndexOf('/'))}/${COPY}${randomUUID()}.part`;
    try {
      const source = await open(bytesOf(from), READ);
      try {
        if (!(await source.stat()).isFile()) throw notAFile('copy', from);
        const copy = await open(bytesOf(part), 'wx');
        try {
          await copy.writeFile(source.createReadStream({ autoClose: false }));
          await copy.sync();
        } finally {
          await copy.close();
        }
      } finally {
        await source.close();
      }
      await link(bytesOf(part), bytesOf(to));
    } finally {
      await durable.removeIfThere(part);
    }
    await durable.syncFolder(to.slice(0, to.lastIndexOf('/')));
  },

  remove: durable.removeIfThere,

  async removeEmpty(path) {
    try {
      await rmdir(bytesOf(path));
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return true;
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  },

  removeWork: (path) => rm(bytesOf(path), { recursive: true, force: true, maxRetries: 3 }),
  syncFolder: durable.syncFolder,

  async appendLine(path, line) {
    const flags =
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(bytesOf(path), flags, 0o666);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile('write to', path);
      const last = Buffer.alloc(1);
      if (stat.size > 0) await file.read(last, 0, 1, stat.size - 1);
      await file.appendFile(`${stat.size > 0 && last[0] !== 0x0a ? '\n' : ''}${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await durable.syncFolder(path.slice(0, path.lastIndexOf('/')));
  },

  async tail(path, limitBytes) {
    if (!(await durable.exists(path))) return '';
    const file = await open(bytesOf(path), READ);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile('read', path);
      const bytes = Buffer.alloc(Math.min(limitBytes, stat.size));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, stat.size - bytes.length);
      return bytes.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  },

  async digest(path) {
    const file = await open(bytesOf(path), READ);
    try {
      if (!(await file.stat()).isFile()) throw notAFile('read', path);
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 })) {
        hash.update(chunk);
        size += chunk.length;
      }
      return { size, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  },
};

function notAFile(action: string, path: string): VigieError {
  return new VigieError('not-a-file', `${action} ${JSON.stringify(path)}: it is no regular file, and must be one`);
}
