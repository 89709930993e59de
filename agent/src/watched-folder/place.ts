import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Intent } from './books.ts';
import type { Disk } from './disk.ts';
import { firstFree, suffixedName } from './names.ts';

/** Names that jobs have announced and not taken yet: no other job may announce them. Paths are absolute. */
export type Reservations = {
  /** By another job than this one? */
  isTaken(path: string, jobId: string): boolean;
  /** In place of what the job had reserved before. */
  reserve(jobId: string, paths: readonly string[]): void;
  release(jobId: string): void;
};

export function createReservations(): Reservations {
  const holders = new Map<string, string>();
  const byJob = new Map<string, readonly string[]>();
  function release(jobId: string): void {
    for (const path of byJob.get(jobId) ?? []) if (holders.get(path) === jobId) holders.delete(path);
    byJob.delete(jobId);
  }
  return {
    isTaken: (path, jobId) => (holders.get(path) ?? jobId) !== jobId,
    reserve(jobId, paths) {
      release(jobId);
      for (const path of paths) holders.set(path, jobId);
      byJob.set(jobId, paths);
    },
    release,
  };
}

/**
 * Gives a file a free name in a folder, durably and over nobody's head: `name`, or `name_1`, `name_2`, …
 */
export async function placeUnder(options: { disk: Disk; file: string; folder: string; name: string }): Promise<string> {
  const { disk, file, folder, name } = options;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const pathAt = (index: number) => `${folder}/${suffixedName(name, index)}`;
    const path = pathAt(await firstFree(async (at) => (await disk.look(pathAt(at))) !== undefined));
    try {
      await intoFolder(disk, path, () => linkOrCopy(disk, file, path));
      return path;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
  throw noFreeName(name, folder);
}

/** A file to be placed, under `name`, whose `/` are folders. */
export type Wanted = { file: string; name: string; intent: Omit<Intent, 'path'> };

export type Placing = {
  disk: Disk;
  wanted: readonly Wanted[];
  /** The tree; `folder` is a path below it, or absolute. */
  root: string;
  folder: string;
  /** All of them go into a folder of this name, which is free (or has them already, after a crash). */
  inFolder: string | undefined;
  /** What an earlier attempt of the same job has placed already. */
  earlier: readonly Intent[];
  /** A file of the same name is replaced; else the new one gets a suffix. */
  overwrite: boolean;
  /** Names (absolute paths) that count as taken although nothing lies there. */
  isTaken: (path: string) => boolean;
  /** All places of the job, before any is taken, and again whenever one of them changes. */
  announce: (intents: Intent[], paths: string[]) => void;
};

/**
 * Places all files of a job, durably. The names are announced before they are taken; when somebody else takes one in between,
 * the next one is announced. Files of an earlier attempt stay where they are; those that are not wanted any more go.
 */
export async function placeAll(placing: Placing): Promise<Intent[]> {
  const { disk, wanted, root, overwrite, isTaken, announce } = placing;
  const absolute = (path: string) => (path.startsWith('/') ? path : path === '' ? root : `${root}/${path}`);
  const pathOf = ({ path }: Intent) => absolute(path);
  const placed = new Map<number, Intent>();
  const left = [...placing.earlier];
  for (const [index, { intent }] of wanted.entries()) {
    const at = left.findIndex((earlier) => earlier.sha256 === intent.sha256 && earlier.size === intent.size);
    if (at >= 0) placed.set(index, left.splice(at, 1)[0] as Intent);
  }
  for (const unwanted of left) await disk.remove(pathOf(unwanted));

  let folder = placing.folder;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    folder = await jobFolder();
    const intents: Intent[] = [];
    const own = new Set<string>(placing.inFolder === undefined ? [] : [absolute(folder)]);
    for (const [index, { name, intent }] of wanted.entries()) {
      const next = placed.get(index) ?? { ...intent, path: await freePath(name, own) };
      own.add(pathOf(next));
      intents.push(next);
    }
    // While the disk was asked, a sibling may have announced one of these names.
    if (!overwrite && [...own].some(isTaken)) continue;
    announce(intents, [...own]);
    if (await takeNames(intents)) return intents;
  }
  throw noFreeName(wanted[0]?.name ?? '', folder);

  /** A free folder for the whole job, or the one that an earlier attempt has begun to fill. */
  async function jobFolder(): Promise<string> {
    if (placing.inFolder === undefined) return placing.folder;
    const name = placing.inFolder;
    const [begun] = placed;
    const own = begun && wanted[begun[0]]?.name;
    if (begun && own && begun[1].path.endsWith(`/${own}`)) return begun[1].path.slice(0, -own.length - 1);
    const at = (index: number) => joined(placing.folder, suffixedName(name, index));
    if (overwrite) return at(0);
    const index = await firstFree(
      async (i) => isTaken(absolute(at(i))) || (await disk.look(absolute(at(i)))) !== undefined,
    );
    return at(index);
  }

  async function freePath(name: string, own: ReadonlySet<string>): Promise<string> {
    const slash = name.lastIndexOf('/');
    const into = slash < 0 ? folder : joined(folder, name.slice(0, slash));
    const base = name.slice(slash + 1);
    const at = (index: number) => joined(into, suffixedName(base, index));
    if (overwrite) return at(0);
    const taken = (path: string) => own.has(path) || isTaken(path);
    const index = await firstFree(
      async (i) => taken(absolute(at(i))) || (await disk.look(absolute(at(i)))) !== undefined,
    );
    return at(index);
  }

  /** False when somebody else has a name now: another one has to be announced. */
  async function takeNames(intents: readonly Intent[]): Promise<boolean> {
    for (const [index, intent] of intents.entries()) {
      if (placed.has(index)) continue;
      const { file } = wanted[index] as Wanted;
      try {
        const path = pathOf(intent);
        await intoFolder(disk, path, () => (overwrite ? disk.replaceWith(file, path) : linkOrCopy(disk, file, path)));
      } catch (error) {
        if (!isSystemError(error, 'EEXIST')) throw error;
        return false;
      }
      placed.set(index, intent);
    }
    return true;
  }
}

/** Names go into folders that are there but for the first time: they are made when one is missing. */
async function intoFolder(disk: Disk, path: string, take: () => Promise<void>): Promise<void> {
  try {
    await take();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await disk.makeFolder(path.slice(0, path.lastIndexOf('/')));
    await take();
  }
}

/** A further name where the file system allows it, else a durable copy. */
export async function linkOrCopy(disk: Disk, from: string, to: string): Promise<void> {
  try {
    await disk.linkNew(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV')) throw error;
    await disk.copyNew(from, to);
  }
}

const joined = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

function noFreeName(name: string, folder: string): VigieError {
  return new VigieError(
    'no-free-name',
    `place ${JSON.stringify(name)} in ${JSON.stringify(folder)}: every name was taken at once`,
    { retryable: true },
  );
}

const ATTEMPTS_MAX = 100;
