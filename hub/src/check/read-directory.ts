import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as yieldTurn } from 'node:timers/promises';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, isAsRead, nameOf, systemPath } from '@vigie/shared/kit/names';
import type { Entry } from '@vigie/shared/protocol/asset';

export type DirectoryOptions = {
  digest: boolean;
  /** Which entries are wanted: the others are neither hashed nor told. */
  wanted: (entry: Entry) => boolean;
  /** Which folders directly below are looked into. */
  wantedFolder: (name: string) => boolean;
  onFolder: () => void;
  signal: AbortSignal;
};

/**
 * Tells every entry below a directory, folder by folder. Links are not followed; what is no regular file is told as
 * unreadable. A folder that cannot be read throws `listing`, and so nothing is taken for a whole that is not.
 *
 * It uses blocking calls, one folder at a time: for a command whose only work this is they are several times as fast as calls
 * through the thread pool, and between folders everything else has its turn.
 */
export async function readDirectory(
  root: string,
  tell: (entry: Entry) => void,
  options: DirectoryOptions,
): Promise<void> {
  const { digest, wanted, signal } = options;
  for (const folders = ['']; folders.length > 0; ) {
    const folder = folders.pop() as string;
    const found = listFolder(root, folder);
    for (const name of found.folders.reverse()) {
      if (folder !== '' || options.wantedFolder(name)) folders.push(`${folder}${name}/`);
    }
    for (const entry of found.entries.filter(wanted)) {
      tell(digest && entry.unreadable === undefined ? await withDigest(root, entry, signal) : entry);
    }
    options.onFolder();
    await yieldTurn();
    signal.throwIfAborted();
  }
}

/** `folder` is relative and ends in `/`, or is empty for the root. */
function listFolder(root: string, folder: string): { entries: Entry[]; folders: string[] } {
  const entries: Entry[] = [];
  const folders: string[] = [];
  const place = `${root}/${folder}`;
  try {
    for (const [name, kind] of namesIn(place)) {
      const path = folder + name;
      if (kind.isDirectory()) {
        folders.push(name);
        continue;
      }
      const stat = lstatSync(systemPath(`${place}${name}`), { throwIfNoEntry: false });
      // It went away since the folder was read: then it is not there.
      if (stat === undefined) continue;
      if (stat.isFile()) entries.push({ path, size: stat.size, modifiedAt: Math.trunc(stat.mtimeMs) });
      else entries.push({ path, size: 0, unreadable: `${kindOf(kind)}, not a regular file` });
    }
  } catch (error) {
    throw new VigieError('listing', `list folder ${JSON.stringify(place)}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Nothing can be said about a side that cannot be read whole.',
    });
  }
  return { entries, folders };
}

/** Text is faster than bytes; a folder with names that are not UTF-8 is read again as bytes. */
function namesIn(place: string): [name: string, kind: Dirent<string> | Dirent<Buffer>][] {
  const plain = readdirSync(systemPath(place), { withFileTypes: true });
  if (plain.every(({ name }) => isAsRead(name))) return plain.map((kind) => [kind.name, kind]);
  return readdirSync(systemPath(place), { withFileTypes: true, encoding: 'buffer' }).map((kind) => [
    nameOf(kind.name),
    kind,
  ]);
}

function kindOf(kind: Dirent<string> | Dirent<Buffer>): string {
  if (kind.isSymbolicLink()) return 'a symbolic link';
  if (kind.isFIFO()) return 'a named pipe';
  if (kind.isSocket()) return 'a socket';
  return kind.isFile() ? 'a file that was replaced just now' : 'a device';
}

const BLOCK_BYTES = 1024 * 1024;

async function withDigest(root: string, entry: Entry, signal: AbortSignal): Promise<Entry> {
  try {
    await using file = await open(bytesOf(`${root}/${entry.path}`));
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let size = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, BLOCK_BYTES);
      if (bytesRead === 0) break;
      size += bytesRead;
      hash.update(block.subarray(0, bytesRead));
    }
    return { ...entry, size, sha256: hash.digest('hex') };
  } catch (error) {
    signal.throwIfAborted();
    return { ...entry, unreadable: messageOf(error).slice(0, 500) };
  }
}
