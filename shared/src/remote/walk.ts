import { type Dirent, lstatSync } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PART_SUFFIX } from '../kit/durable.ts';
import { isSystemError, messageOf, VigieError } from '../kit/errors.ts';
import { bytesOf, isAsRead, nameOf, printable, systemPath } from '../kit/names.ts';
import type { Entry } from '../protocol/asset.ts';
import { streamOfBatches, visitTree } from './batches.ts';
import {
  entriesOf,
  type FolderStamp,
  type FoldersOptions,
  type ListedFolder,
  type ListOptions,
} from './remote-folder.ts';
import { joined } from './remote-path.ts';

/** Folders that are read at once: the next one's names come while this one's files are looked at. */
const FOLDERS_MAX = 2;
/** Files that are looked at before everything else has its turn: about a millisecond. */
const SLICE = 256;
const AHEAD_MAX = 20_000;

type Node = { path: string; optional: boolean; deep: boolean; stamp?: FolderStamp | undefined };

/**
 * Every file below a directory of this machine, as a stream. Names are byte-exact (`kit/names.ts`), links are not followed, what
 * is no regular file is told as unreadable, and names that end in `.part` are left out: nothing under them is finished.
 *
 * `root-absent` where there is no such directory; `listing` where a folder below cannot be read whole.
 */
export function walk(root: string, options: ListOptions = {}): AsyncIterable<Entry> {
  const { days, onFolder } = options;
  const roots: Node[] = days?.map((path) => ({ path, optional: true, deep: path !== '' })) ?? [
    { path: '', optional: false, deep: true },
  ];
  return streamOfBatches<Entry>(
    (push, signal) =>
      visitFolders(root, roots, { signal }, async (folder) => {
        const entries = entriesOf(folder);
        onFolder?.(folder.path, entries.length);
        await push(entries);
      }),
    { aheadMax: AHEAD_MAX, signal: options.signal },
  );
}

/** The same folder by folder, in any order. */
export function walkFolders(root: string, options: FoldersOptions = {}): AsyncIterable<ListedFolder> {
  const { passOver } = options;
  const roots: Node[] = [{ path: '', optional: false, deep: true }];
  return streamOfBatches<ListedFolder>(
    (push, signal) => visitFolders(root, roots, { signal, passOver }, (folder) => push([folder])),
    { aheadMax: AHEAD_MAX, signal: options.signal, weigh: folderWeight },
  );
}

/** A folder without files takes room too. */
export const folderWeight = (folders: readonly ListedFolder[]): number =>
  folders.reduce((sum, { files, odd }) => sum + 1 + files.length + odd.length, 0);

async function visitFolders(
  root: string,
  roots: Node[],
  { signal, passOver }: { signal: AbortSignal; passOver?: FoldersOptions['passOver'] },
  tell: (folder: ListedFolder) => Promise<void>,
): Promise<void> {
  await checkDirectory(root);
  await visitTree(
    roots,
    Array.from({ length: FOLDERS_MAX }, () => async () => undefined),
    async (_, node) => {
      const folder = await readDirectory(root, node, signal);
      await tell(folder);
      if (!node.deep) return [];
      const below: Node[] = [];
      for (const path of folder.folders) {
        const stamp = passOver && stampOf(joined(root, path));
        if (!passOver?.(path, stamp)) below.push({ path, optional: false, deep: true, stamp });
      }
      return below;
    },
    signal,
  );
}

/** The time at which something of the directory itself has changed cannot be set back by hand, as that of its names can. */
function stampOf(path: string): FolderStamp | undefined {
  const found = lstatSync(systemPath(path), { bigint: true, throwIfNoEntry: false });
  if (!found?.isDirectory()) return undefined;
  const { dev, ino, mode, uid, gid, mtimeNs, ctimeNs } = found;
  const modifiedAt = Math.max(...[mtimeNs, ctimeNs].map((ns) => Number(ns / 1_000_000n)));
  return { mark: [dev, ino, mode, uid, gid, mtimeNs, ctimeNs].join(' '), modifiedAt };
}

/** Throws `root-absent` unless this is a directory: a disk that is not mounted is not an empty one. */
export async function checkDirectory(root: string): Promise<void> {
  try {
    if ((await stat(bytesOf(root))).isDirectory()) return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw new VigieError('permission', `use root "${printable(root)}": ${messageOf(error)}`, { cause: error });
    }
  }
  throw new VigieError('root-absent', `use root "${printable(root)}": there is no such directory`, {
    hint: 'Mount the disk or the share, or make the directory; it is never made by itself.',
  });
}

/** One directory, without what lies in its subdirectories. */
export async function readDirectory(root: string, node: Node, signal?: AbortSignal): Promise<ListedFolder> {
  const where = node.path === '' ? root : joined(root, node.path);
  const prefix = node.path === '' ? '' : `${node.path}/`;
  const { path: folder, stamp } = node;
  const found: ListedFolder = { path: folder, stamp, files: [], odd: [], folders: [] };
  try {
    let sliced = 0;
    for (const [name, kind] of await namesIn(where)) {
      if (++sliced % SLICE === 0) {
        await nextTurn();
        signal?.throwIfAborted();
      }
      const path = prefix + name;
      if (kind.isDirectory()) {
        found.folders.push(path);
        continue;
      }
      if (name.endsWith(PART_SUFFIX) && kind.isFile()) continue;
      // The names have just come over the thread pool, so the disk answers; here a blocking call costs a third of another.
      const stat = lstatSync(systemPath(joined(where, name)), { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (stat.isFile()) found.files.push({ name, size: stat.size, modifiedAt: Math.trunc(stat.mtimeMs) });
      else found.odd.push({ path, size: 0, unreadable: `${kindOf(kind)}, not a regular file` });
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (node.optional && isSystemError(error, 'ENOENT') && !(await there(where))) {
      return { ...found, files: [], odd: [], folders: [] };
    }
    throw new VigieError('listing', `list folder "${printable(where)}": ${messageOf(error)}`, {
      cause: error,
      retryable: true,
      hint: 'Nothing can be said about a directory that cannot be read whole.',
    });
  }
  return found;
}

async function there(path: string): Promise<boolean> {
  try {
    await lstat(bytesOf(path));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Text is faster than bytes; a folder with names that are not UTF-8 is read again as bytes. */
async function namesIn(folder: string): Promise<[name: string, kind: Dirent<string> | Dirent<Buffer>][]> {
  const plain = await readdir(systemPath(folder), { withFileTypes: true });
  if (plain.every(({ name }) => isAsRead(name))) {
    return plain.map((kind) => [kind.name, kind]);
  }
  const exact = await readdir(systemPath(folder), { withFileTypes: true, encoding: 'buffer' });
  return exact.map((kind) => [nameOf(kind.name), kind]);
}

function kindOf(kind: Dirent<string> | Dirent<Buffer>): string {
  if (kind.isSymbolicLink()) return 'a symbolic link';
  if (kind.isFIFO()) return 'a named pipe';
  if (kind.isSocket()) return 'a socket';
  return kind.isFile() ? 'something that was replaced just now' : 'a device';
}
