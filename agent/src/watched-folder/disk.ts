import { createHash, randomUUID } from 'node:crypto';
import { type BigIntStats, lstatSync } from 'node:fs';
import { constants, link, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import * as durable from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { type FileLook, fileLook } from '@vigie/shared/kit/file-look';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';

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
  /** The same for many names in one folder, in their order: several times as fast, in slices that hold nothing up for long. */
  lookAll(folder: string, names: readonly string[]): Promise<(Look | undefined)[]>;
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
  /** Gives a regular file a further name, durably, in place of whatever file has it. */
  replaceWith(from: string, to: string): Promise<void>;
  /** Flushes a regular file's bytes. */
  syncFile(path: string): Promise<void>;
  /** The whole of a text file as UTF-8, at most `limitBytes`: a longer one is refused with `RangeError`. */
  text(path: string, limitBytes: number): Promise<string>;
  /** Adds a line at the end of a text file, durably; a torn last line before it is ended first. */
  appendLine(path: string, line: string): Promise<void>;
  /** The last bytes of a text file, at most `limitBytes`; empty when there is none. */
  tail(path: string, limitBytes: number): Promise<string>;
  /** SHA-256 (64 hexadecimal digits) and size of a regular file's bytes. */
  digest(path: string): Promise<{ size: number; sha256: string }>;
};

export type Look = FileLook & { writable: boolean };

/** How the names of unfinished copies begin. */
export const COPY = '.vigie-copy-';

/** Read at once by a digest. */
const DIGEST_BLOCK_BYTES = 256 * 1024;

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Some hundred microseconds of work, after which everything else has its turn. */
const LOOKS_AT_ONCE = 100;

const lookOf = (stat: BigIntStats): Look => ({
  ...fileLook(stat),
  writable: (stat.mode & 0o222n) !== 0n,
});

export const localDisk: Disk = {
  async names(folder) {
    return (await readdir(bytesOf(folder), { encoding: 'buffer' })).map(nameOf);
  },

  async look(path) {
    try {
      return lookOf(await lstat(bytesOf(path), { bigint: true }));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  },

  async lookAll(folder, names) {
    const looks: (Look | undefined)[] = [];
    for (const name of names) {
      const stat = lstatSync(bytesOf(`${folder}/${name}`), { bigint: true, throwIfNoEntry: false });
      looks.push(stat && lookOf(stat));
      if (looks.length % LOOKS_AT_ONCE === 0) await setImmediate();
    }
    return looks;
  },

  makeFolder: durable.makeFolder,
  makeNewFolder: (path) => mkdir(bytesOf(path)),
  rename: (from, to) => rename(bytesOf(from), bytesOf(to)),
  linkNew: durable.linkNew,

  async copyNew(from, to) {
    const part = `${folderOf(to)}/${COPY}${randomUUID()}.part`;
    try {
      await copyBytes(from, part);
      await link(bytesOf(part), bytesOf(to));
    } finally {
      await durable.removeIfThere(part);
    }
    await durable.syncFolder(folderOf(to));
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
  syncFile: durable.syncFile,

  async replaceWith(from, to) {
    await durable.syncFile(from);
    await overwrite(from, to);
    await durable.syncFolder(folderOf(to));
  },

  async text(path, limitBytes) {
    const file = await open(bytesOf(path), READ);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile('read', path);
      if (stat.size > limitBytes) throw new RangeError(`${stat.size} bytes; at most ${limitBytes} are read as a text`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  },

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
    await durable.syncFolder(folderOf(path));
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
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile('read', path);
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(Math.min(DIGEST_BLOCK_BYTES, stat.size + 1));
      let size = 0;
      for (;;) {
        const { bytesRead } = await file.read(block, 0, block.length, size);
        hash.update(block.subarray(0, bytesRead));
        size += bytesRead;
        // A regular file gives less than was asked for at its end alone.
        if (bytesRead < block.length) break;
      }
      return { size, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  },
};

/** The same steps without a flush: faster, and a power cut may lose files that were told as kept. */
export const quickDisk: Disk = {
  ...localDisk,
  makeFolder: async (path) => void (await mkdir(bytesOf(path), { recursive: true })),
  async linkNew(from, to) {
    try {
      await link(bytesOf(from), bytesOf(to));
    } catch (error) {
      if (!(isSystemError(error, 'EEXIST') && (await durable.sameFile(from, to)))) throw error;
    }
  },
  replaceWith: overwrite,
  syncFile: async () => undefined,
  syncFolder: async () => undefined,
};

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** A flushed copy under a new name, with the modification time of the file. */
async function copyBytes(from: string, to: string): Promise<void> {
  const source = await open(bytesOf(from), READ);
  try {
    const stat = await source.stat();
    if (!stat.isFile()) throw notAFile('copy', from);
    const copy = await open(bytesOf(to), 'wx');
    try {
      await copy.writeFile(source.createReadStream({ autoClose: false }));
      await copy.utimes(stat.atime, stat.mtime);
      await copy.sync();
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

async function overwrite(from: string, to: string): Promise<void> {
  const part = `${folderOf(to)}/${COPY}${randomUUID()}.part`;
  try {
    try {
      await link(bytesOf(from), bytesOf(part));
    } catch (error) {
      if (!isSystemError(error, 'EXDEV')) throw error;
      await copyBytes(from, part);
    }
    await rename(bytesOf(part), bytesOf(to));
  } finally {
    // Where both names were one file's already, rename does nothing and leaves both.
    await durable.removeIfThere(part);
  }
}

function notAFile(action: string, path: string): VigieError {
  return new VigieError('not-a-file', `${action} ${JSON.stringify(path)}: it is no regular file, and must be one`);
}
