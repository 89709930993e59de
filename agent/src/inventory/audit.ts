import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeIfThere } from '@vigie/shared/kit/durable';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bytesOf } from '@vigie/shared/kit/names';
import { type Entry, kindOf } from '@vigie/shared/protocol/asset';
import { type AssetRow, type Assets, inventoryPath } from '../store/assets.ts';

/** Where this file lies in a watched folder's root, a person has said that what is not there was removed on purpose. */
export const EMPTIED = '.vigie-emptied';

/**
 * Holds a source's ledger against its disk, in both directions: an asset whose file is gone leaves the inventory, and a
 * file that the ledger does not know is taken into it. Both are told; neither changes a file.
 *
 * Where most of the files are not there at once, this is taken for another disk than the ledger's (a mount point that has a marker of its own):
 * `doubted`, and nothing leaves or comes, until the files are back or a person makes the file `EMPTIED`.
 */
export async function auditSource(options: {
  source: string;
  folder: string;
  assets: Assets;
  /** Every regular file below a folder. */
  walk: (folder: string) => AsyncIterable<Entry>;
  /** Is the folder's storage there at this moment? */
  isPresent: () => boolean;
  /** Files younger than this (ms since 1970) may be on their way into the ledger. */
  before: number;
  capturedAt: (name: string, modifiedAt: number) => number;
  log: Log;
  /** The first direction has been looked through. */
  judged?: (doubted: boolean) => void;
  signal: AbortSignal;
}): Promise<{ gone: number; adopted: number; doubted: boolean }> {
  const { source, folder, assets, isPresent, log, signal } = options;
  const outcome = { gone: 0, adopted: 0, doubted: false };
  const missed: AssetRow[] = [];

  for (const rows of assets.all(500)) {
    for (const row of rows) {
      if (signal.aborted) return outcome;
      if ((await fileSize(folder, row)) === undefined) missed.push(row);
    }
  }
  const isEmptied = existsSync(join(folder, EMPTIED));
  outcome.doubted = isDoubtful(missed.length, assets.held().count) && !isEmptied;
  if (outcome.doubted) {
    const hint = `Mount the right disk. If they were removed on purpose, make the file ${join(folder, EMPTIED)}.`;
    log.error(
      { source, missed: missed.length, hint },
      'most files of the ledger are not on this disk: it is taken for another one',
    );
    options.judged?.(true);
    return outcome;
  }
  for (const row of missed) {
    // A disk that is taken away in the middle makes every file look gone. Only a file that is missed while the marker was seen, before and
    // after, is gone.
    if (signal.aborted || !isPresent()) return outcome;
    if ((await fileSize(folder, row)) !== undefined) continue;
    if (!isPresent()) return outcome;
    // It may have been purged, or told as lost by a delivery, since it was listed.
    if (assets.find(inventoryPath(row))?.id !== row.id) continue;
    assets.remove(row, 'its file is not in the watched folder any more');
    outcome.gone += 1;
  }
  if (isEmptied) await removeIfThere(join(folder, EMPTIED));
  options.judged?.(false);

  const result = join(folder, 'result');
  for await (const entry of options.walk(result)) {
    if (signal.aborted) return outcome;
    // One whose removal was cut short is not a new file: retention ends what it has begun.
    const isKnown = () => assets.find(entry.path) !== undefined || assets.purged(entry.path)?.isOpen === true;
    if (isKnown() || entry.unreadable !== undefined) continue;
    const file = join(result, entry.path);
    const stat = await lstat(bytesOf(file));
    if (!stat.isFile() || Math.max(stat.mtimeMs, stat.ctimeMs) >= options.before) continue;
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const jobId = `audit-${randomUUID()}`;
    const sha256 = await sha256Of(file);
    // A job that a crash had cut short may have filed it meanwhile.
    if (isKnown()) continue;
    assets.books.intend(jobId, [
      {
        tree: 'result',
        path: entry.path,
        size: stat.size,
        sha256,
        kind: kindOf(entry.path),
        capturedAt: options.capturedAt(name, Math.round(stat.mtimeMs)),
        modifiedAt: Math.round(stat.mtimeMs),
        unreadable: undefined,
        preview: null,
      },
    ]);
    assets.books.filed(jobId);
    assets.books.closed(jobId);
    outcome.adopted += 1;
  }
  if (outcome.gone + outcome.adopted > 0) log.warn({ source, ...outcome }, 'the ledger did not agree with the disk');
  return outcome;
}

/** A few files may always go; most of many do not go by themselves. */
export const isDoubtful = (missed: number, held: number): boolean => missed >= MISSED_MIN && missed * 2 > held;
const MISSED_MIN = 10;

async function fileSize(folder: string, row: AssetRow): Promise<number | undefined> {
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
