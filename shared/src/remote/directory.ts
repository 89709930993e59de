import { constants, type FileHandle, lstat, open } from 'node:fs/promises';
import { type Clock, systemClock } from '../kit/clock.ts';
import { exists } from '../kit/durable.ts';
import { isSystemError, messageOf, VigieError } from '../kit/errors.ts';
import { bytesOf, printable } from '../kit/names.ts';
import { unlessAborted } from './connection-pool.ts';
import type { DestinationConfig } from './destination-config.ts';
import { DIRECTORY_CAPABILITIES, digestOf, storeInDirectory } from './directory-store.ts';
import { oneAtATime } from './exclusive.ts';
import type { RemoteFolder } from './remote-folder.ts';
import { checkPath, folderBelow, joined, tooLarge } from './remote-path.ts';
import { stalled } from './sftp-errors.ts';
import { watchForStall } from './stall-watch.ts';
import { checkDirectory, readDirectory, walk, walkFolders } from './walk.ts';

/**
 * A folder on this machine: a disk, a mounted share. `folder` lies below the configuration's root (``, `.`: the root itself), which
 * must be there. A share that stands still ends the wait with `stalled`; the system call itself cannot be ended.
 */
export function openDirectory(
  config: Extract<DestinationConfig, { type: 'directory' }>,
  folder: string,
  options: { stallMs: number; clock?: Clock },
): RemoteFolder {
  const { stallMs, clock = systemClock } = options;
  const { root } = config;
  const place = folderBelow(root, folder);
  const exclusive = oneAtATime();

  /** Runs some work under the stall rule; the work calls `step` as it goes on. */
  async function watched<T>(
    signal: AbortSignal | undefined,
    work: (step: () => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const stall = new AbortController();
    const either = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
    const watch = watchForStall({
      stallMs,
      clock,
      onStall: () => stall.abort(stalled(`"${printable(root)}"`, stallMs)),
    });
    watch.owe();
    const step = () => {
      either.throwIfAborted();
      watch.owe();
      watch.paid();
    };
    try {
      const done = checkDirectory(root).then(() => work(step, either));
      return await unlessAborted(done, either);
    } finally {
      watch.close();
    }
  }

  async function opened<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    try {
      await using file = await open(bytesOf(joined(place, path)), constants.O_RDONLY | constants.O_NONBLOCK);
      return await use(file);
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
        throw new VigieError('not-found', `read "${printable(path)}": there is no such file`, { cause: error });
      }
      if (!isSystemError(error, 'EACCES', 'EPERM')) throw error;
      throw new VigieError('permission', `read "${printable(path)}": ${messageOf(error)}`, { cause: error });
    }
  }

  return {
    capabilities: Promise.resolve(DIRECTORY_CAPABILITIES),

    async store(upload, signal) {
      checkPath(upload.path);
      const work = () => watched(signal, (step) => storeInDirectory(place, upload, { step }));
      return await exclusive(upload.path, work, signal);
    },

    async *list(listOptions = {}) {
      for (const day of listOptions.days ?? []) if (day !== '') checkPath(day);
      await watched(listOptions.signal, async () => undefined);
      // Before its first picture a source has no folder.
      if (await exists(place)) yield* walk(place, listOptions);
    },

    async *folders(foldersOptions = {}) {
      await watched(foldersOptions.signal, async () => undefined);
      if (await exists(place)) yield* walkFolders(place, foldersOptions);
    },

    async days(signal) {
      const node = { path: '', optional: true, deep: false };
      return (await watched(signal, (_, either) => readDirectory(place, node, either))).folders.sort();
    },

    async read(path, limitBytes, signal) {
      checkPath(path);
      return await watched(signal, (step) =>
        opened(path, async (file) => {
          const { size } = await file.stat();
          if (size > limitBytes) throw tooLarge(path, size, limitBytes);
          const bytes = Buffer.allocUnsafe(size);
          let count = 0;
          while (count < size) {
            const { bytesRead } = await file.read(bytes, count, Math.min(1024 * 1024, size - count), count);
            if (bytesRead === 0) break;
            count += bytesRead;
            step();
          }
          return bytes.subarray(0, count);
        }),
      );
    },

    async look(path, signal) {
      checkPath(path);
      return await watched(signal, async () => {
        try {
          const stat = await lstat(bytesOf(joined(place, path)));
          return stat.isFile() ? { size: stat.size } : undefined;
        } catch (error) {
          if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
          throw error;
        }
      });
    },

    async digest(path, signal) {
      checkPath(path);
      return await watched(signal, (step) =>
        opened(path, async (file) => {
          let size = 0;
          const sha256 = await digestOf(file, (bytes) => {
            size += bytes;
            step();
          });
          return { size, sha256 };
        }),
      );
    },

    async probe(signal) {
      await watched(signal, (_, either) => readDirectory(place, { path: '', optional: true, deep: false }, either));
    },

    async [Symbol.asyncDispose]() {
      // Nothing is kept open between two calls.
    },
  };
}
