import { lstat, readdir, rmdir } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, nameOf, printable } from '@vigie/shared/kit/names';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';
import { openForWriting } from './file-writers.ts';
import { type Dropped, listDropped, type Sighting, sight } from './folder-look.ts';
import { createTaker, keyOf, type TakenFiles } from './folder-take.ts';
import type { TimeSource } from './folder-time.ts';
import { guarded } from './guarded.ts';
import { endsAsJpeg } from './jpeg-end.ts';

export type FolderOptions = {
  /** What something else drops its pictures into. Absolute. */
  path: string;
  /** `move` takes files away, `copy` leaves them. */
  take: 'move' | 'copy';
  /** A file that has not changed for so long is complete. */
  waitTimeMs: number;
  /** How often a source without a schedule looks. */
  lookEveryMs: number;
  /** Levels of folders below that are looked into; 0 for none. */
  depth: number;
  /** Lower case, without dot; other files are left alone. */
  extensions: readonly string[];
  timeFrom: readonly TimeSource[];
  namePattern?: string | undefined;
  /** Of one capture; the others wait for the next one. */
  filesMax: number;
  timeLimitMs: number;
  /** A folder on the file system of the captures' folders that only this camera uses; its parent exists when a capture begins. */
  keepFolder: string;
  taken: TakenFiles;
  /** The capture time that the first bytes of a picture tell, ms since 1970. */
  exifTime: (head: Buffer, zone: string) => Promise<number | undefined>;
  clock: Clock;
};

/** A JPEG without an end is an upload that has come to a halt; after this time it is taken as it is. */
const HALTED_MS = 600_000;
const LOOK_AGAIN_MS = 500;
/** What has been forgotten is looked for, and day folders that are empty are removed, so often. */
const TIDY_EVERY_MS = 3_600_000;
/** An upload may be about to use a folder that was empty a moment ago. */
const EMPTY_FOLDER_MS = 2 * 86_400_000;

/**
 * Pictures that something else drops into a folder, such as a camera that uploads by FTP. Each complete file is taken once: by a rename
 * where folder and captures lie on one file system, else by a copy that is noted in `taken` before it is given.
 */
export function createFolderCamera(options: FolderOptions): Camera {
  const { path: root, waitTimeMs, depth, filesMax, timeLimitMs, taken, clock } = options;
  const extensions = new Set(options.extensions);
  const taker = createTaker(options);
  let sightings = new Map<string, Sighting>();
  /** Complete JPEGs and copied files, by path; forgotten with any change. */
  const whole = new WeakSet<Sighting>();
  const done = new WeakSet<Sighting>();
  let tidiedAt: number | undefined;
  let isTaking = false;

  type Look = { ready: Dropped[]; unfinished: number; empty: string | undefined };
  async function look(): Promise<Look> {
    const files = await listDropped(root, extensions, depth).catch((error: unknown) => {
      throw lookError(root, error);
    });
    const now = clock.monotonic();
    sightings = sight(files, sightings, now);
    await tidy(files, now);
    const rest: Sighting[] = [];
    for (const file of sightings.values()) if (!(await isDone(file))) rest.push(file);
    const steady = rest.filter((file) => file.size > 0 && now - file.since >= waitTimeMs).sort(byAge);
    const ready: Dropped[] = [];
    // Portion by portion, so that files that are not complete do not hide those behind them.
    for (let at = 0; at < steady.length && ready.length < filesMax; at += filesMax) {
      ready.push(...(await complete(steady.slice(at, at + filesMax), now)));
    }
    const empty = rest.find((file) => file.size === 0 && now - file.since >= waitTimeMs)?.path;
    const unfinished = rest.filter((file) => file.size > 0 || now - file.since < waitTimeMs).length - ready.length;
    return { ready: ready.slice(0, filesMax), unfinished, empty };
  }

  async function isDone(file: Sighting): Promise<boolean> {
    if (done.has(file)) return true;
    if (!taken.has(keyOf(file))) return false;
    // It was copied because it lies on another file system, and its removal was cut short.
    if (options.take === 'move') await taker.remove(file);
    done.add(file);
    return true;
  }

  async function complete(files: Sighting[], now: number): Promise<Sighting[]> {
    const full = (file: Dropped) => `${root}/${file.path}`;
    const open = await openForWriting(files.map(full));
    const found: Sighting[] = [];
    for (const file of files) {
      if (open.has(full(file))) continue;
      const mayBeHalted = /\.jpe?g$/i.test(file.path) && now - file.since < HALTED_MS;
      if (mayBeHalted && !whole.has(file) && !(await endsOrCannotBeRead(full(file)))) continue;
      whole.add(file);
      found.push(file);
    }
    return found;
  }

  /** What is gone need not be remembered. A folder that shows none of what was taken may not be mounted: nothing is forgotten then. */
  async function tidy(files: readonly Dropped[], now: number): Promise<void> {
    if (tidiedAt !== undefined && now - tidiedAt < TIDY_EVERY_MS) return;
    // A copy that is still to be given must stay noted.
    if (await taker.isOwing()) return;
    tidiedAt = now;
    const present = new Set(files.map(keyOf));
    if ([...present].some((key) => taken.has(key))) taken.retain(present);
    if (options.take === 'move') await removeEmptyFolders(root, depth, clock.now() - EMPTY_FOLDER_MS);
  }

  async function take(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const given = await taker.owed(request);
    try {
      for (const file of await readyFiles(given.length === 0, signal)) {
        signal.throwIfAborted();
        const one = await taker.take(file, request, signal);
        if (one) given.push(one);
      }
    } catch (error) {
      // What has been taken is given; the fault is met again by the next capture.
      if (given.length === 0) throw error;
    }
    if (given.length === 0) throw nothingError(root, undefined);
    await taker.flush(request.folder);
    return given;
  }

  /** Where there must be one, files that are still coming are waited for. */
  async function readyFiles(mustBe: boolean, signal: AbortSignal): Promise<Dropped[]> {
    for (;;) {
      const { ready, unfinished, empty } = await look();
      if (ready.length > 0 || !mustBe) return ready;
      if (unfinished === 0) throw nothingError(root, empty);
      await clock.sleep(Math.min(LOOK_AGAIN_MS, Math.max(20, waitTimeMs / 4)), signal);
      signal.throwIfAborted();
    }
  }

  const camera = guarded({
    name: 'folder',
    description: () => `folder ${root}`,
    timeLimitMs,
    lateHint: 'Files in the folder keep growing, or have no end: check what writes them.',
    async take(request, signal) {
      isTaking = true;
      return take(request, signal).finally(() => {
        isTaking = false;
      });
    },
    givesOriginals: true,
  });
  return {
    description: camera.description,
    capture: camera.capture,
    drops: {
      lookEveryMs: options.lookEveryMs,
      waiting: async () => !isTaking && ((await taker.isOwing()) || (await look()).ready.length > 0),
    },
    [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose](),
  };
}

/** The oldest first, so that pictures enter in the order in which they came. */
const byAge = (one: Dropped, other: Dropped): number =>
  one.modifiedNs < other.modifiedNs ? -1 : one.modifiedNs > other.modifiedNs ? 1 : one.path < other.path ? -1 : 1;

/** Does this JPEG end as one? One that may not be read is let through: whoever takes it tells why it cannot. */
async function endsOrCannotBeRead(path: string): Promise<boolean> {
  try {
    return await endsAsJpeg(bytesOf(path));
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM')) return true;
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Day folders that were left empty long ago. The folder itself stays. */
async function removeEmptyFolders(folder: string, levels: number, before: number): Promise<void> {
  if (levels === 0) return;
  for (const entry of await readdir(bytesOf(folder), { withFileTypes: true, encoding: 'buffer' })) {
    const path = `${folder}/${nameOf(entry.name)}`;
    if (!entry.isDirectory() || entry.name[0] === DOT) continue;
    await removeEmptyFolders(path, levels - 1, before);
    const { mtimeMs } = await lstat(bytesOf(path));
    if (mtimeMs < before) await rmdir(bytesOf(path)).catch(stays);
  }
}
const DOT = '.'.charCodeAt(0);

function stays(error: unknown): void {
  if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EACCES', 'EPERM', 'ENOENT', 'EBUSY', 'EROFS')) throw error;
}

function lookError(root: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new VigieError('camera-absent', `look into ${JSON.stringify(root)}: there is no such folder`, {
      cause,
      retryable: true,
      hint: 'Check "path", and whether its disk or share is mounted.',
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new VigieError('camera-refused', `look into ${JSON.stringify(root)}: the agent's user may not`, {
      cause,
      retryable: true,
      hint: 'Give the agent’s user the right to read the folder and those below it.',
    });
  }
  return cause;
}

function nothingError(root: string, empty: string | undefined): VigieError {
  return empty === undefined
    ? new VigieError('camera-absent', `look into ${JSON.stringify(root)}: no new picture is there, one is needed`, {
        retryable: true,
        hint: 'Check that the camera uploads, and to this folder; see "extensions" for which files are taken.',
      })
    : new VigieError(
        'camera-crashed',
        `look into ${JSON.stringify(root)}: ${JSON.stringify(printable(empty))} is empty`,
        {
          retryable: true,
          hint: 'The upload failed: check the disk space where the folder lies, and the camera.',
        },
      );
}
