import type { Clock } from '@vigie/shared/kit/clock';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { entriesOf, type FolderStamp, type RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { KnownFolder, Listings } from '../store/listings.ts';
import { mayHold, type ReportFilter } from './filter.ts';
import { joinShapes, noShape, type Shape, shapeOf } from './shape.ts';

/** A destination's list, by buckets: some were listed now, some are known from before, and their folders are unchanged. */
export type Listed = {
  shapes: Map<string, Shape>;
  entries(bucket: string): Entry[];
  daysListed: number;
  /** Buckets of which some folder was not listed again. */
  keptDays: string[];
  /** Every folder of the list was read at this time or later. */
  fullAt: number;
  /** From now on what was read may stand for its folders. Called when the report is there that rests on it. */
  confirm(): void;
};

/**
 * A folder whose time of change was a day in the past when it was read cannot have changed again under the same time, whatever its clock
 * is off by within that. A younger one is only known when it was found unchanged again some minutes later: times have a granularity.
 */
const OLD_MS = 86_400_000;
const SETTLED_MS = 300_000;
const FOLDERS_AT_ONCE = 64;

/** May what is known of a folder stand for it, where the server tells this of it now? */
export function mayKeep(
  known: Pick<KnownFolder, 'mark' | 'modifiedAt' | 'seenAt' | 'listedAt' | 'isLeaf'> | undefined,
  stamp: FolderStamp | undefined,
  { now, fullEveryMs }: { now: number; fullEveryMs: number },
): boolean {
  if (known === undefined || stamp === undefined || !known.isLeaf || known.mark !== stamp.mark) return false;
  // A clock that was set back says nothing of how long ago it was.
  if (known.listedAt > now || now - known.listedAt >= fullEveryMs) return false;
  return known.listedAt - known.modifiedAt >= OLD_MS || known.listedAt - known.seenAt >= SETTLED_MS;
}

/** What is known of a place from listings before, by buckets. */
export function shapesBefore(listings: Listings, place: string): Map<string, Shape> {
  return joined(listings.folders(place));
}

/** Lists a destination; with `full` every folder, else those that may have changed. Throws as `RemoteFolder.folders` does. */
export async function listDestination(options: {
  remote: RemoteFolder;
  place: string;
  listings: Listings;
  filter: ReportFilter;
  full: boolean;
  fullEveryMs: number;
  clock: Clock;
  signal: AbortSignal;
  folderRead: (entries: number) => void;
}): Promise<Listed> {
  const { remote, place, listings, filter, full, fullEveryMs, clock, signal, folderRead } = options;
  const startedAt = clock.now();
  const known = new Map(listings.folders(place).map((folder) => [folder.path, folder]));
  const kept: KnownFolder[] = [];
  const read: KnownFolder[] = [];
  const toldAt = new Map<string, number>();

  const passOver = (path: string, stamp: FolderStamp | undefined): boolean => {
    if (!mayHold(path, filter)) return true;
    const now = clock.now();
    const before = known.get(path);
    if (!full && before && mayKeep(before, stamp, { now, fullEveryMs })) {
      kept.push(before);
      return true;
    }
    toldAt.set(path, now);
    return false;
  };
  let batch: (KnownFolder & { entries: Entry[] })[] = [];
  const put = () => {
    listings.put(place, batch);
    batch = [];
  };
  for await (const folder of remote.folders({ signal, passOver })) {
    const { path, stamp, folders } = folder;
    const entries = entriesOf(folder);
    const before = known.get(path);
    const listedAt = toldAt.get(path) ?? startedAt;
    const found: KnownFolder = {
      path,
      bucket: bucketOf(path === '' ? 'file' : `${path}/file`),
      mark: stamp?.mark ?? '',
      modifiedAt: stamp?.modifiedAt ?? 0,
      seenAt: before !== undefined && before.mark === stamp?.mark ? Math.min(before.seenAt, listedAt) : listedAt,
      listedAt,
      isLeaf: folders.length === 0,
      shape: shapeOf(entries),
    };
    read.push(found);
    batch.push({ ...found, listedAt: 0, entries });
    folderRead(entries.length);
    if (batch.length >= FOLDERS_AT_ONCE) put();
  }
  put();

  const present = new Set([...kept, ...read].map(({ path }) => path));
  const gone = [...known.keys()].filter((path) => !present.has(path) && mayHold(path.split('/')[0] ?? '', filter));
  listings.forget(place, gone);
  const keptDays = new Set(kept.map(({ bucket }) => bucket));
  const listedDays = new Set(read.filter(({ path }) => path !== '').map(({ bucket }) => bucket));
  return {
    shapes: joined([...kept, ...read]),
    entries: (bucket) => listings.entries(place, bucket),
    daysListed: listedDays.difference(keptDays).size,
    keptDays: [...keptDays].sort(),
    confirm: () => listings.confirm(place, read),
    fullAt: kept.reduce((oldest, { listedAt }) => Math.min(oldest, listedAt), startedAt),
  };
}

function joined(folders: readonly KnownFolder[]): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const { bucket, shape } of folders) {
    if (shape.count > 0) shapes.set(bucket, joinShapes(shapes.get(bucket) ?? noShape(), shape));
  }
  return shapes;
}
