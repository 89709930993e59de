import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

/** The newest preview of each source, for the hub at its next connection, also where the agent has started anew meanwhile. */
export type NewestPreviews = {
  /** @param jpeg labelled with its asset's path, at most 20 KB */
  keep(source: string, jpeg: Buffer): void;
  all(): Iterable<[source: string, jpeg: Buffer]>;
};

/** Reads what an earlier life has kept. Not flushed: a power cut may take the file, and a torn one is passed over. */
export function openNewestPreviews(options: { folder: string; sources: readonly string[]; log: Log }): NewestPreviews {
  const { folder, sources, log } = options;
  const fileOf = (source: string) => join(folder, `${source}.jpg`);
  const newest = new Map<string, Buffer>();
  mkdirSync(folder, { recursive: true });
  for (const source of sources) {
    const jpeg = readWhole(fileOf(source));
    if (jpeg) newest.set(source, jpeg);
  }

  return {
    keep(source, jpeg) {
      newest.set(source, jpeg);
      const part = `${fileOf(source)}.part`;
      try {
        writeFileSync(part, jpeg);
        renameSync(part, fileOf(source));
      } catch (error) {
        // A full disk keeps no preview; the picture itself is what counts.
        log.debug({ source, error: messageOf(error) }, 'the newest preview is not kept over a restart');
      }
    },
    all: () => newest,
  };
}

function readWhole(file: string): Buffer | undefined {
  try {
    const jpeg = readFileSync(file);
    const isWhole = jpeg.length > 4 && jpeg.readUInt16BE(0) === 0xffd8 && jpeg.readUInt16BE(jpeg.length - 2) === 0xffd9;
    return isWhole ? jpeg : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
