import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, VigieError } from './errors.ts';
import { bytesOf } from './names.ts';

/**
 * Durable files: the one place that owns the rule "temporary name, write, fsync, rename, fsync of the directory".
 * Paths are the text of `names.ts`; bytes go to the system calls. After a power cut a name that one of these functions
 * has returned from is there with all its bytes; before it, the name is either absent or complete.
 */

/** Where nothing half-written is ever seen: a file name that no scan and no destination takes for a picture. */
export const PART_SUFFIX = '.part';

/** Writes a new file durably. The name must be free: `EEXIST` otherwise, and nothing is changed. */
export async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${dirname(path)}/.${randomBytes(6).toString('hex')}${PART_SUFFIX}`;
  try {
    await withFile(part, 'wx', async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await link(bytesOf(part), bytesOf(path));
  } finally {
    await removeIfThere(part);
  }
  await syncFolder(dirname(path));
}

/** Writes a file durably over whatever had its name: a reader sees the old bytes or the new ones. */
export async function replaceFile(path: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const part = `${dirname(path)}/.${randomBytes(6).toString('hex')}${PART_SUFFIX}`;
  try {
    await withFile(
      part,
      'wx',
      async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      },
      mode,
    );
    await rename(bytesOf(part), bytesOf(path));
  } catch (error) {
    await removeIfThere(part);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Gives a file a further name, durably, without ever taking a name away from another file. `EEXIST` when the name is
 * taken by another file; nothing happens when it is this very file's already (a repetition after a crash).
 */
export async function linkNew(from: string, to: string): Promise<void> {
  await syncFile(from);
  try {
    await link(bytesOf(from), bytesOf(to));
  } catch (error) {
    if (!(isSystemError(error, 'EEXIST') && (await sameFile(from, to)))) throw error;
  }
  await syncFolder(dirname(to));
}

/** Moves a file to a name that must be free, durably: `linkNew`, then the old name goes. */
export async function moveNew(from: string, to: string): Promise<void> {
  await linkNew(from, to);
  await unlink(bytesOf(from));
}

/** Do both names stand for one file on disk? */
export async function sameFile(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(bytesOf(left), { bigint: true }), lstat(bytesOf(right), { bigint: true })]);
  return a.dev === b.dev && a.ino === b.ino;
}

/** Flushes a regular file's bytes. Links are not followed, a FIFO does not block: both are refused. */
export async function syncFile(path: string): Promise<void> {
  await withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async (file) => {
    if (!(await file.stat()).isFile()) {
      throw new VigieError('not-a-file', `flush ${JSON.stringify(path)}: not a regular file`);
    }
    await file.sync();
  });
}

/** Flushes a folder's list of names. */
export async function syncFolder(path: string): Promise<void> {
  await withFile(path, constants.O_RDONLY | constants.O_DIRECTORY, (folder) => folder.sync());
}

/** Makes a folder and its parents, each durable in its own parent. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(bytesOf(path), { recursive: true });
  if (first === undefined) return;
  const topmost = dirname(String(first));
  for (let folder = dirname(path); folder.length >= topmost.length; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === dirname(folder)) break;
  }
}

/** Removes a name; that it is gone already is no error. */
export async function removeIfThere(path: string): Promise<void> {
  await unlink(bytesOf(path)).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
  });
}

/** Is there anything under this name? Links are not followed. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(bytesOf(path));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** The name with a numeric suffix before its extension: `a.jpg`, `a_1.jpg`, `a_2.jpg`, … */
export function suffixed(name: string, index: number): string {
  if (index === 0) return name;
  const slash = name.lastIndexOf('/') + 1;
  const dot = name.lastIndexOf('.');
  return dot > slash ? `${name.slice(0, dot)}_${index}${name.slice(dot)}` : `${name}_${index}`;
}

/** Calls `place` with the name, then with `_1`, `_2`, … until it does not answer `EEXIST`; returns the name taken. */
export async function placeUnderFreeName(
  folder: string,
  name: string,
  place: (path: string) => Promise<void>,
): Promise<string> {
  for (let index = 0; ; index++) {
    const candidate = suffixed(name, index);
    try {
      await place(join(folder, candidate));
      return candidate;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
}

async function withFile<T>(
  path: string,
  flags: string | number,
  use: (file: FileHandle) => Promise<T>,
  mode?: number,
): Promise<T> {
  const file = await open(bytesOf(path), flags, mode);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
