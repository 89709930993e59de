import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { removeIfThere } from '@vigie/shared/kit/durable';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bytesOf } from '@vigie/shared/kit/names';
import { type Entry, kindOf } from '@vigie/shared/protocol/asset';
import { type Assets, inventoryPath, type Place } from '../store/assets.ts';

/** Where this file lies in a watched folder's root, a person has said that what is not there was removed on purpose. */
export const EMPTIED = '.vigie-emptied';

export type AuditOptions = {
  folder: string;
  assets: Assets;
  /** Every regular file below a folder. */
  walk: (folder: string) => AsyncIterable<Entry>;
  /** Is the folder's storage there at this moment? */
  isPresent: () => boolean;
  /** Files younger than this (ms since 1970) may be on their way into the ledger. */
  before: number;
  capturedAt: (name: string, modifiedAt: number) => number;
  /** Names the source. */
  log: Log;
  /** The first direction has been looked through. */
  judged?: (doubted: boolean) => void;
  signal: AbortSignal;
};

/** `whole`: every file that lies there is in the ledger now. */
export type AuditOutcome = { gone: number; adopted: number; doubted: boolean; whole: boolean };

/**
 * Holds a source's ledger against its disk, in both directions: an asset whose file is gone leaves the inventory, and a
 * file that the ledger does not know is taken into it. Both are told; neither changes a file.
 *
 * Where most of the files are not there at once, this is taken for another disk than the ledger's (a mount point that has a marker of its own):
 * `doubted`, and nothing leaves or comes, until the files are back or a person makes the file `EMPTIED`.
 */
export async function auditSource(options: AuditOptions): Promise<AuditOutcome> {
  const { folder, assets, isPresent, log, signal } = options;
  const outcome: AuditOutcome = { gone: 0, adopted: 0, doubted: false, whole: false };
  const missed: Place[] = [];

  const lies = createNameCheck();
  for (const rows of assets.places(500)) {
    for (const row of rows) {
      if (signal.aborted) return outcome;
      if (await lies(join(folder, row.tree, row.path))) continue;
      if ((await fileSize(folder, row)) === undefined) missed.push(row);
    }
    await nextTurn();
  }
  const isEmptied = existsSync(join(folder, EMPTIED));
  outcome.doubted = isDoubtful(missed.length, assets.held().count) && !isEmptied;
  if (outcome.doubted) {
    const hint = `Mount the right disk. If they were removed on purpose, make the file ${join(folder, EMPTIED)}.`;
    log.error(
      { missed: missed.length, hint },
      'most files of the ledger are not on this disk: it is taken for another one',
    );
    options.judged?.(true);
    return outcome;
  }
  for (const place of missed) {
    // A disk that is taken away in the middle makes every file look gone. Only a file that is missed while the marker was seen, before and
    // after, is gone.
    if (signal.aborted || !isPresent()) return outcome;
    if ((await fileSize(folder, place)) !== undefined) continue;
    if (!isPresent()) return outcome;
    const row = assets.find(inventoryPath(place));
    // It may have been purged, or told as lost by a delivery, since it was listed.
    if (row?.id !== place.id) continue;
    assets.remove(row, 'its file is not in the watched folder any more');
    outcome.gone += 1;
  }
  if (isEmptied) await removeIfThere(join(folder, EMPTIED));
  options.judged?.(false);

  let batch: Entry[] = [];
  const leftOut: string[] = [];
  const look = async () => {
    const known = assets.holds(batch.map(({ path }) => path));
    for (const entry of batch) {
      if (signal.aborted) return;
      if (known.has(entry.path)) continue;
      const came = await adopt(options, entry);
      if (came === 'adopted') outcome.adopted += 1;
      if (came === 'left-out') leftOut.push(entry.path);
    }
    batch = [];
    // What was read ahead comes without a pause, and captures must not wait for it.
    await nextTurn();
  };
  for await (const entry of options.walk(join(folder, 'result'))) {
    if (signal.aborted) return outcome;
    batch.push(entry);
    if (batch.length === BATCH) await look();
  }
  await look();
  if (signal.aborted) return outcome;
  const filed = assets.holds(leftOut.slice(0, BATCH));
  outcome.whole = leftOut.every((path) => filed.has(path)) && isPresent();
  const { gone, adopted } = outcome;
  const found = { held: assets.held().count, gone, adopted };
  if (gone + adopted > 0) log.warn(found, 'the ledger was held against the disk, and did not agree with it');
  else log.info(found, 'the ledger was held against the disk: they agree');
  return outcome;
}

/** Takes a file that the ledger does not know into it, unless it may be on its way there. */
async function adopt(
  { folder, assets, before, capturedAt }: Pick<AuditOptions, 'folder' | 'assets' | 'before' | 'capturedAt'>,
  { path, unreadable }: Entry,
): Promise<'adopted' | 'passed' | 'left-out'> {
  // One whose removal was cut short is not a new file: retention ends what it has begun.
  const isKnown = () => assets.find(path) !== undefined || assets.purged(path)?.isOpen === true;
  if (unreadable !== undefined || isKnown()) return 'passed';
  const file = join(folder, 'result', path);
  const stat = await lstat(bytesOf(file));
  if (!stat.isFile()) return 'passed';
  // Its job files it, or the next audit. When it got its name is told by the time that nobody can set, as a camera's clock does the other one.
  if (stat.ctimeMs >= before) return 'left-out';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const jobId = `audit-${randomUUID()}`;
  const sha256 = await sha256Of(file);
  // A job that a crash had cut short may have filed it meanwhile.
  if (isKnown()) return 'passed';
  const modifiedAt = Math.round(stat.mtimeMs);
  const figures = { size: stat.size, sha256, kind: kindOf(path), capturedAt: capturedAt(name, modifiedAt), modifiedAt };
  assets.books.intend(jobId, [{ tree: 'result', path, ...figures, unreadable: undefined, preview: null }]);
  assets.books.filed(jobId);
  assets.books.closed(jobId);
  return 'adopted';
}

/**
 * Answers whether a name lies in its folder, by the names of whole folders: assets come day by day, and each folder is read once for
 * all of its files. What it does not find has to be looked at: names of another encoding are not among what it reads.
 */
function createNameCheck(): (file: string) => Promise<boolean> {
  const folders = new Map<string, Set<string>>();
  return async (file) => {
    const slash = file.lastIndexOf('/');
    const folder = file.slice(0, slash);
    let names = folders.get(folder);
    if (!names) {
      // A few days may take turns, but not all folders are kept.
      if (folders.size >= FOLDERS_KEPT) folders.clear();
      names = new Set(await namesIn(folder));
      folders.set(folder, names);
    }
    return names.has(file.slice(slash + 1));
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(bytesOf(folder), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** A few files may always go; most of many do not go by themselves. */
export const isDoubtful = (missed: number, held: number): boolean => missed >= MISSED_MIN && missed * 2 > held;
const MISSED_MIN = 10;
/** Names that are looked up at once, before everything else has its turn: some milliseconds. */
const BATCH = 250;
const FOLDERS_KEPT = 4;

async function fileSize(folder: string, row: Place): Promise<number | undefined> {
  try {
    return (await lstat(bytesOf(join(folder, row.tree, row.path)))).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(bytesOf(file))) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
