import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setImmediate as yieldTurn } from 'node:timers/promises';
import { messageOf } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import type { Entry } from '@vigie/shared/protocol/asset';
import { entriesTo, type SideSink } from '../report/side-sink.ts';
import { readInThread } from './directory-thread.ts';
import { type FolderColumns, listFolder } from './list-folder.ts';

export type DirectoryOptions = {
  digest: boolean;
  /** Which entries are wanted: the others are not hashed. */
  wanted: (entry: Entry) => boolean;
  /** Which folders directly below are looked into. */
  wantedFolder: (name: string) => boolean;
  onFolder: () => void;
  signal: AbortSignal;
};

/** Files that are read here before a thread goes on: its start takes as long as some thousands of them. */
const HERE_MAX = 5_000;

/**
 * Tells every entry below a directory, folder by folder. Links are not followed; what is no regular file is told as
 * unreadable. A folder that cannot be read throws `listing`, and so nothing is taken for a whole that is not.
 *
 * It uses blocking calls, one folder at a time: for a command whose only work this is they are several times as fast as calls
 * through the thread pool, and between folders everything else has its turn. Where there is much to read, a thread goes on with it,
 * so that both sides are read at the same time.
 */
export async function readDirectory(root: string, sink: SideSink, options: DirectoryOptions): Promise<void> {
  const { signal } = options;
  let told = 0;
  for (const folders = ['']; folders.length > 0; ) {
    const folder = folders.pop() as string;
    const found = listFolder(root, folder);
    for (const name of found.folders.reverse()) {
      if (folder !== '' || options.wantedFolder(name)) folders.push(`${folder}${name}/`);
    }
    if (options.digest) await tellWithDigests(root, folder, found, sink, options);
    else tellColumns(folder, found, sink);
    options.onFolder();
    await yieldTurn();
    signal.throwIfAborted();
    told += found.names.length;
    if (told >= HERE_MAX && !options.digest) return await readInThread(root, folders, sink, options);
  }
}

function tellColumns(folder: string, { names, sizes, modifiedAt, odd }: FolderColumns, sink: SideSink): void {
  for (let at = 0; at < names.length; at++) {
    sink.file(folder, names[at] as string, sizes[at] as number, modifiedAt[at] as number);
  }
  for (const { name, unreadable } of odd) sink.entry({ path: folder + name, size: 0, unreadable });
}

async function tellWithDigests(
  root: string,
  folder: string,
  found: FolderColumns,
  sink: SideSink,
  { wanted, signal }: DirectoryOptions,
): Promise<void> {
  const entries: Entry[] = [];
  tellColumns(
    folder,
    found,
    entriesTo((entry) => void entries.push(entry)),
  );
  for (const entry of entries) {
    const isToHash = entry.unreadable === undefined && wanted(entry);
    sink.entry(isToHash ? await withDigest(root, entry, signal) : entry);
  }
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
