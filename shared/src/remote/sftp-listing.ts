import type { FileEntryWithStats, Stats } from 'ssh2';
import { PART_SUFFIX } from '../kit/durable.ts';
import { messageOf, VigieError } from '../kit/errors.ts';
import { printable } from '../kit/names.ts';
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
import type { Channel, Done } from './sftp-channel.ts';
import { STATUS, statusOf } from './sftp-errors.ts';
import { checkRoot, type Place } from './sftp-folders.ts';
import { type Verbs, verbsOn } from './sftp-verbs.ts';
import { folderWeight } from './walk.ts';

/** Folders that are read at once: each channel is a process of its own at an OpenSSH server. */
const CHANNELS_MAX = 4;
/** Requests under way for one folder, which hide the round trip between two of them; half of them go out together. */
const READS_IN_FLIGHT = 8;
const AHEAD_MAX = 20_000;

export type ChannelSource = (signal: AbortSignal) => Promise<Channel>;
/** `optional` folders may be absent: a day that was asked for by name, and the source's folder before its first picture. */
type Node = { path: string; optional: boolean; deep: boolean; stamp?: FolderStamp | undefined };

/** Every entry below a folder, read over several channels of one connection. */
export function listOverSftp(openChannel: ChannelSource, place: Place, options: ListOptions): AsyncIterable<Entry> {
  const { days, onFolder } = options;
  const roots: Node[] = days?.map((path) => ({ path, optional: true, deep: path !== '' })) ?? [
    { path: '', optional: true, deep: true },
  ];
  return streamOfBatches<Entry>(
    (push, signal) =>
      visitFolders(openChannel, place, roots, { signal }, async (folder) => {
        const entries = entriesOf(folder);
        onFolder?.(folder.path, entries.length);
        await push(entries);
      }),
    { aheadMax: AHEAD_MAX, signal: options.signal },
  );
}

/** The same folder by folder, in any order. */
export function foldersOverSftp(
  openChannel: ChannelSource,
  place: Place,
  options: FoldersOptions,
): AsyncIterable<ListedFolder> {
  const { passOver } = options;
  const roots: Node[] = [{ path: '', optional: true, deep: true }];
  return streamOfBatches<ListedFolder>(
    (push, signal) => visitFolders(openChannel, place, roots, { signal, passOver }, (folder) => push([folder])),
    { aheadMax: AHEAD_MAX, signal: options.signal, weigh: folderWeight },
  );
}

async function visitFolders(
  openChannel: ChannelSource,
  place: Place,
  roots: Node[],
  { signal, passOver }: { signal: AbortSignal; passOver?: FoldersOptions['passOver'] },
  tell: (folder: ListedFolder) => Promise<void>,
): Promise<void> {
  const opened: Channel[] = [];
  const tools = Array.from({ length: CHANNELS_MAX }, () => async () => {
    const channel = await openChannel(signal);
    opened.push(channel);
    return channel;
  });
  try {
    await visitTree(
      roots,
      tools,
      async (channel, node) => {
        const { below, ...folder } = await readFolder(channel, place, node, signal);
        await tell(folder);
        if (!node.deep) return [];
        const wanted = passOver ? below.filter(({ path, stamp }) => !passOver(path, stamp)) : below;
        return wanted.map(({ path, stamp }) => ({ path, optional: false, deep: true, stamp }));
      },
      signal,
    );
  } finally {
    for (const channel of opened) channel.close();
  }
}

/** With `full`, what the server sent is passed on as it is; the library's types leave this form out. */
type ReadFolder = (handle: Buffer, options: { full: true }, done: Done<FileEntryWithStats[]>) => void;
/** `self`: the list held the folder's own `.`. */
type Folder = ListedFolder & { below: { path: string; stamp: FolderStamp | undefined }[]; self: boolean };

/** One folder, without what lies in its subfolders; `below` tells of these. */
export async function readFolder(channel: Channel, place: Place, node: Node, signal?: AbortSignal): Promise<Folder> {
  const verbs = verbsOn(channel, signal);
  const where = node.path === '' ? place.folder : joined(place.folder, node.path);
  const { path, stamp } = node;
  const found: Folder = { path, stamp, files: [], odd: [], folders: [], below: [], self: false };
  let handle: Buffer;
  try {
    handle = await verbs.openFolder(where);
  } catch (error) {
    if (statusOf(error) !== STATUS.absent) throw unread(where, error);
    await checkRoot(verbs, place);
    if (node.optional && !(await verbs.lstat(where))) return found;
    throw unread(where, error);
  }
  try {
    const ask = () => {
      const answer = channel.call<FileEntryWithStats[]>(
        (sftp, done) => (sftp.readdir as unknown as ReadFolder).call(sftp, handle, { full: true }, done),
        signal,
      );
      // It is awaited in its turn; until then a failure is nobody's.
      answer.catch(() => undefined);
      return answer;
    };
    const asked: Promise<FileEntryWithStats[]>[] = [];
    for (;;) {
      // Several in one turn go out in one packet.
      if (asked.length <= READS_IN_FLIGHT / 2) while (asked.length < READS_IN_FLIGHT) asked.push(ask());
      take(await (asked.shift() as Promise<FileEntryWithStats[]>), node.path, found);
    }
  } catch (error) {
    if (statusOf(error) !== STATUS.eof) throw unread(where, error);
  } finally {
    verbs.abandon(handle);
  }
  if (!found.self) await checkSearchable(verbs, where);
  return found;
}

/**
 * OpenSSH leaves out, without a word, every name that it cannot look at: all of a folder that its account may read and not
 * search. Such a list lacks the folder's own `.` too. Servers that never list it answer to a question for it.
 */
async function checkSearchable(verbs: Verbs, where: string): Promise<void> {
  try {
    await verbs.lstat(joined(where, '.'));
  } catch (error) {
    throw unread(where, error);
  }
}

function take(list: FileEntryWithStats[], folder: string, found: Folder): void {
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const { filename, longname, attrs } of list) {
    if (filename === '.') found.self = true;
    if (filename === '.' || filename === '..') continue;
    const path = prefix + filename;
    // The library decodes names as UTF-8 and puts this character in place of what is none.
    const text = !filename.includes('\ufffd');
    const kind = kindOf(attrs, longname);
    if (kind === 'folder' && text) {
      found.folders.push(path);
      found.below.push({ path, stamp: stampOf(attrs) });
    } else if (kind !== 'file') found.odd.push({ path, size: 0, unreadable: `${kind}, not a regular file` });
    else if (!text) {
      const unreadable = 'the name is not UTF-8, or holds the character that stands for what is not';
      found.odd.push({ path, size: attrs.size, unreadable });
    } else if (!filename.endsWith(PART_SUFFIX)) {
      found.files.push({ name: filename, size: attrs.size, modifiedAt: attrs.mtime * 1000 });
    }
  }
}

/** Times have a granularity of one second here. */
function stampOf({ mtime, size, mode, uid, gid }: Stats): FolderStamp | undefined {
  if (mtime === undefined) return undefined;
  return { mark: [mtime, size, mode, uid, gid].join(' '), modifiedAt: mtime * 1000 };
}

const FORMAT = 0o170000;
const KINDS = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'a symbolic link'],
  [0o010000, 'a named pipe'],
  [0o140000, 'a socket'],
]);
/** Servers that leave the mode out still show it in the long form of the name, as `ls -l` does. */
const LETTERS = new Map([
  ['-', 'file'],
  ['d', 'folder'],
  ['l', 'a symbolic link'],
]);

function kindOf({ mode, size }: Stats, longname: string): string {
  const kind = mode === undefined ? LETTERS.get(longname.charAt(0)) : KINDS.get(mode & FORMAT);
  if (kind === 'file' && size === undefined) return 'something without a size';
  return kind ?? 'a device or something unknown';
}

function unread(folder: string, error: unknown): unknown {
  if (error instanceof VigieError || statusOf(error) === undefined) return error;
  return new VigieError('listing', `list folder "${printable(folder)}": the server answered "${messageOf(error)}"`, {
    cause: error,
    retryable: true,
    hint: 'Nothing can be said about a destination that cannot be read whole.',
  });
}
