import { createHash } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { removeIfThere, syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import { stamp } from '@vigie/shared/kit/zone';
import type { CapturedFile, CaptureRequest } from './camera.ts';
import { extensionFor, formatOf } from './file-format.ts';
import { type Dropped, extensionIn, isSame, lookAt } from './folder-look.ts';
import { type TimeSource, timeInName } from './folder-time.ts';

/** Which files of a folder have been taken, by `keyOf`. A key that was added stays through a power cut when `add` returns. */
export type TakenFiles = {
  has(key: string): boolean;
  add(key: string): void;
  forget(key: string): void;
  /** Forgets all keys but these. */
  retain(keys: ReadonlySet<string>): void;
};

/** The same path, size and time of change are the same file, also when the folder was brought back from a backup. */
export function keyOf({ path, size, modifiedNs }: Dropped): string {
  return createHash('sha256').update(`${path}\0${size}\0${modifiedNs}`).digest('hex').slice(0, 32);
}

/** EXIF lies in the first 64 KB of a JPEG; RAW files begin with more folders of tags. */
const HEAD_BYTES = 256 * 1024;
const COPY_BYTES = 1024 * 1024;

/**
 * Takes files out of a folder into those of captures.
 *
 * A move is one rename: a crash leaves the file at one of the two places. A copy goes `keepFolder` → noted in `taken` → capture's
 * folder: before the note a crash leaves a copy that is thrown away and made again, after it one that the next capture gives.
 * File names begin with the capture time, for whoever finds them in a capture's folder after a crash.
 */
export function createTaker(options: {
  path: string;
  take: 'move' | 'copy';
  timeFrom: readonly TimeSource[];
  namePattern?: string | undefined;
  keepFolder: string;
  taken: TakenFiles;
  exifTime: (head: Buffer, zone: string) => Promise<number | undefined>;
}) {
  const { path: root, keepFolder, taken } = options;
  /** Folders whose lists of names have changed since they were flushed. */
  const changed = new Set<string>();

  /** Undefined when the file is gone, or is not what it was. */
  async function take(file: Dropped, request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile | undefined> {
    const full = `${root}/${file.path}`;
    try {
      const head = await headOf(full);
      const extension = extensionFor(formatOf(head)) ?? extensionIn(file.path);
      const capturedAt = await timeOf(file, head, request);
      const begin = stamp(capturedAt, request.zone);
      // A file with further names is somebody else's as well: what they write would change what was taken.
      if (options.take === 'move' && file.links === 1) {
        const target = `${request.folder}/${begin}_${keyOf(file)}.${extension}`;
        const moved = await move(file, full, target);
        if (moved !== 'other file system') return moved ? { path: target, extension, takenAt: capturedAt } : undefined;
      }
      // The instant itself stands in the name of a copy: it may be given by a later life of the agent.
      return await copy(file, full, `${begin}_${Math.round(capturedAt)}_${keyOf(file)}.${extension}`, request, signal);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw permissionError(full, options.take, error);
      throw error;
    }
  }

  async function move(file: Dropped, from: string, to: string): Promise<boolean | 'other file system'> {
    try {
      await rename(bytesOf(from), to);
    } catch (error) {
      if (isSystemError(error, 'EXDEV')) return 'other file system';
      throw error;
    }
    changed.add(folderOf(from));
    const moved = await lstat(to, { bigint: true });
    if (isSame(file, { size: Number(moved.size), modifiedNs: moved.mtimeNs })) return true;
    // Something was still writing: it goes back, unless a new file has come under its name, which it must not replace.
    try {
      await link(to, bytesOf(from));
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return true;
      throw error;
    }
    await unlink(to);
    return false;
  }

  async function copy(
    file: Dropped,
    from: string,
    name: string,
    request: CaptureRequest,
    signal: AbortSignal,
  ): Promise<CapturedFile | undefined> {
    await mkdir(keepFolder).catch(unless('EEXIST'));
    const kept = `${keepFolder}/${name}`;
    try {
      await copyBytes(from, `${kept}.part`, signal);
      const now = await lookAt(root, file.path);
      if (!now || !isSame(now, file)) return undefined;
      await rename(`${kept}.part`, kept);
    } finally {
      await removeIfThere(`${kept}.part`);
    }
    await syncFolder(keepFolder);
    taken.add(keyOf(file));
    if (options.take === 'copy') return give(name, request);
    await remove(file);
    const given = await give(name, request);
    await syncFolder(folderOf(from));
    if (!(await lookAt(root, file.path))) taken.forget(keyOf(file));
    return given;
  }

  /** Brings a copy that is noted as taken into the capture's folder. */
  async function give(name: string, request: CaptureRequest): Promise<CapturedFile> {
    const [begin, instant, rest] = name.split('_') as [string, string, string];
    const target = `${request.folder}/${begin}_${rest}`;
    await rename(`${keepFolder}/${name}`, target);
    changed.add(keepFolder);
    return { path: target, extension: extensionIn(name), takenAt: Number(instant) };
  }

  async function timeOf(file: Dropped, head: Buffer, { zone, at }: CaptureRequest): Promise<number> {
    for (const from of options.timeFrom) {
      const told =
        from === 'name'
          ? timeInName(file.path, options.namePattern, zone)
          : from === 'exif'
            ? await options.exifTime(head, zone)
            : Number(file.modifiedNs / 1_000_000n);
      if (told !== undefined) return told;
    }
    return at;
  }

  /** Takes a file away that has been copied; one that is another by now stays. */
  async function remove(file: Dropped): Promise<void> {
    const now = await lookAt(root, file.path);
    if (!now || !isSame(now, file)) return;
    await removeIfThere(`${root}/${file.path}`);
    changed.add(folderOf(`${root}/${file.path}`));
  }

  /** Copies that are whole, by name. Those that are not noted as taken are removed: their files are still there. */
  async function kept(): Promise<string[]> {
    const names = await readdir(keepFolder).catch((error: unknown) => unless('ENOENT')(error) ?? []);
    const owed: string[] = [];
    for (const name of names.sort()) {
      const key = /^\d+_-?\d+_([0-9a-f]{32})\.\w+$/.exec(name)?.[1];
      if (key !== undefined && taken.has(key)) owed.push(name);
      else await removeIfThere(`${keepFolder}/${name}`);
    }
    return owed;
  }

  return {
    take,
    remove,
    /** Are there copies of an earlier capture that were noted and not given? Not to be asked during a capture. */
    isOwing: async () => (await kept()).length > 0,
    async owed(request: CaptureRequest): Promise<CapturedFile[]> {
      const given: CapturedFile[] = [];
      for (const name of await kept()) given.push(await give(name, request));
      return given;
    },
    /** Makes what has been taken stay taken through a power cut. */
    async flush(folder: string): Promise<void> {
      await syncFolder(folder);
      // A day folder may be gone by now.
      for (const one of changed) await syncFolder(one).catch(unless('ENOENT'));
      changed.clear();
    },
  };
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(bytesOf(path));
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

async function copyBytes(from: string, to: string, signal: AbortSignal): Promise<void> {
  await using source = await open(bytesOf(from));
  await using target = await open(to, 'w');
  const buffer = Buffer.alloc(COPY_BYTES);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    await target.appendFile(buffer.subarray(0, bytesRead));
  }
  await target.sync();
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Lets the expected errors of system calls pass, and throws the others. */
const unless =
  (...codes: string[]) =>
  (error: unknown): undefined => {
    if (!isSystemError(error, ...codes)) throw error;
  };

function permissionError(path: string, how: 'move' | 'copy', cause: unknown): VigieError {
  return new VigieError('camera-refused', `take ${JSON.stringify(path)}: the agent's user may not ${how} it`, {
    cause,
    retryable: true,
    hint:
      how === 'move'
        ? 'Give the agent’s user the right to write in that folder (the group of the FTP user, with its umask at 002), or set "take" to "copy".'
        : 'Give the agent’s user the right to read the files.',
  });
}
