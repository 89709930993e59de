import { lstat, readdir } from 'node:fs/promises';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';

/** A file in the folder, of a type that is taken. */
export type Dropped = {
  /** Below the folder, as `kit/names.ts` writes it. */
  path: string;
  size: number;
  /** Nanoseconds since 1970. */
  modifiedNs: bigint;
  /** How many names the file has. */
  links: number;
};

/** How long a file has been seen as it is. */
export type Sighting = Dropped & {
  /** Since this monotonic time, in milliseconds. */
  since: number;
};

/** Folders that file servers and file systems keep for themselves. */
const NOT_LOOKED_INTO = new Set(['lost+found', '@eaDir', '#recycle', '$RECYCLE.BIN', 'System Volume Information']);
/** More than this in one folder tree is told instead of being read again and again. */
const ENTRIES_MAX = 100_000;
const LOOKS_AT_ONCE = 64;

/**
 * Files of these extensions (lower case, without dot) in the folder and, down to `depth`, below it; links are not followed, hidden
 * names are left out, and so is what uploads call their unfinished files (`a.jpg.part` has another extension).
 */
export async function listDropped(root: string, extensions: ReadonlySet<string>, depth: number): Promise<Dropped[]> {
  const paths: string[] = [];
  let entries = 0;

  async function read(folder: string, levels: number): Promise<void> {
    const found = await readdir(bytesOf(folder === '' ? root : `${root}/${folder}`), {
      withFileTypes: true,
      encoding: 'buffer',
    });
    entries += found.length;
    if (entries > ENTRIES_MAX) {
      throw new VigieError(
        'camera-refused',
        `look into ${JSON.stringify(root)}: it holds more than ${ENTRIES_MAX} entries; fewer are needed`,
        { retryable: true, hint: 'Set "take" to "move", or let what fills the folder remove old files.' },
      );
    }
    for (const entry of found) {
      const name = nameOf(entry.name);
      if (name.startsWith('.')) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (entry.isDirectory() && levels > 0 && !NOT_LOOKED_INTO.has(name)) {
        // A day folder may be removed between the two looks.
        await read(path, levels - 1).catch((error: unknown) => {
          if (!isSystemError(error, 'ENOENT')) throw error;
        });
      } else if (entry.isFile() && extensions.has(extensionIn(name))) paths.push(path);
    }
  }

  await read('', depth);
  const dropped: Dropped[] = [];
  for (let at = 0; at < paths.length; at += LOOKS_AT_ONCE) {
    const looks = await Promise.all(paths.slice(at, at + LOOKS_AT_ONCE).map((path) => lookAt(root, path)));
    dropped.push(...looks.filter((one) => one !== undefined));
  }
  return dropped;
}

/** The file as it is now; undefined when it is gone, or no regular file. */
export async function lookAt(root: string, path: string): Promise<Dropped | undefined> {
  try {
    const stat = await lstat(bytesOf(`${root}/${path}`), { bigint: true });
    return stat.isFile()
      ? { path, size: Number(stat.size), modifiedNs: stat.mtimeNs, links: Number(stat.nlink) }
      : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** What was seen before and is the same now keeps its beginning; anything else begins now. */
export function sight(
  files: readonly Dropped[],
  before: ReadonlyMap<string, Sighting>,
  now: number,
): Map<string, Sighting> {
  return new Map(
    files.map((file) => {
      const seen = before.get(file.path);
      return [file.path, seen && isSame(seen, file) ? seen : { ...file, since: now }];
    }),
  );
}

export const isSame = (one: Facts, other: Facts): boolean =>
  one.size === other.size && one.modifiedNs === other.modifiedNs;

type Facts = Pick<Dropped, 'size' | 'modifiedNs'>;

export function extensionIn(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}
