import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bytesOf } from '@vigie/shared/kit/names';
import { type Entry, kindOf } from '@vigie/shared/protocol/asset';
import type { AssetRow, Assets } from '../store/assets.ts';

/**
 * Holds a source's ledger against its disk, in both directions: an asset whose file is gone leaves the inventory, and a
 * file that the ledger does not know is taken into it. Both are told; neither changes a file.
 */
export async function auditSource(options: {
  source: string;
  folder: string;
  assets: Assets;
  /** Every regular file below a folder. */
  walk: (folder: string) => AsyncIterable<Entry>;
  storage: () => 'present' | 'absent';
  /** Files younger than this (ms since 1970) may be on their way into the ledger. */
  before: number;
  capturedAt: (name: string, modifiedAt: number) => number;
  log: Log;
  signal: AbortSignal;
}): Promise<{ gone: number; adopted: number }> {
  const { source, folder, assets, storage, log, signal } = options;
  const outcome = { gone: 0, adopted: 0 };

  for (const rows of assets.all(500)) {
    for (const row of rows) {
      if (signal.aborted) return outcome;
      if ((await fileSize(folder, row)) !== undefined) continue;
      if (storage() === 'absent') return outcome;
      assets.remove(row, 'its file is not in the watched folder any more');
      outcome.gone += 1;
    }
  }

  const result = join(folder, 'result');
  for await (const entry of options.walk(result)) {
    if (signal.aborted) return outcome;
    const known = assets.find(entry.path);
    if (known || entry.unreadable !== undefined) continue;
    const file = join(result, entry.path);
    const stat = await lstat(bytesOf(file));
    if (!stat.isFile() || Math.max(stat.mtimeMs, stat.ctimeMs) >= options.before) continue;
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const jobId = `audit-${randomUUID()}`;
    assets.books.intend({
      jobId,
      tree: 'result',
      path: entry.path,
      size: stat.size,
      sha256: await sha256Of(file),
      kind: kindOf(entry.path),
      capturedAt: options.capturedAt(name, Math.round(stat.mtimeMs)),
      modifiedAt: Math.round(stat.mtimeMs),
      unreadable: undefined,
      preview: null,
    });
    assets.books.filed(jobId);
    assets.books.closed(jobId);
    outcome.adopted += 1;
  }
  if (outcome.gone + outcome.adopted > 0) log.warn({ source, ...outcome }, 'the ledger did not agree with the disk');
  return outcome;
}

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
