import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Entry } from '@vigie/shared/protocol/asset';
import { THUMBNAIL_BYTES_MAX } from '@vigie/shared/protocol/messages';
import { type DestinationConfig, folderOf } from '@vigie/shared/remote/destination-config';
import { openRemote } from '@vigie/shared/remote/open';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import sharp from 'sharp';
import type { Inventories, SourceName, SourceRow } from '../store/inventories.ts';
import type { Previews } from '../store/previews.ts';

/** Pictures as destinations hold them, for a person to look at. */
export type Originals = AsyncDisposable & {
  /** All bytes of an asset, from the first destination that has it. */
  read(name: SourceName, entry: Entry): Promise<Buffer | undefined>;
  /** A preview of at most 20 KB, made from those bytes and kept. */
  preview(name: SourceName, row: SourceRow, path: string): Promise<Buffer | undefined>;
};

const ORIGINAL_BYTES_MAX = 100_000_000;
const PIXELS_MAX = 150_000_000;
const STALL_MS = 10_000;

export function createOriginals(options: {
  destinations: readonly DestinationConfig[];
  inventories: Inventories;
  previews: Previews;
  log: Log;
}): Originals {
  const { destinations, inventories, previews, log } = options;
  const open = new Map<string, RemoteFolder>();
  /** One preview is made at a time: a page asks for dozens, and each decodes a whole picture. */
  let queue: Promise<unknown> = Promise.resolve();

  function folderAt(config: DestinationConfig, name: SourceName): RemoteFolder {
    const folder = folderOf(config.folder, name);
    const key = `${config.name} ${folder}`;
    const remote = open.get(key) ?? openRemote(config, folder, { stallMs: STALL_MS });
    open.set(key, remote);
    return remote;
  }

  async function read(name: SourceName, entry: Entry): Promise<Buffer | undefined> {
    if (entry.size > ORIGINAL_BYTES_MAX || entry.unreadable !== undefined) return undefined;
    for (const config of destinations) {
      try {
        const bytes = await folderAt(config, name).read(entry.path, ORIGINAL_BYTES_MAX);
        if (bytes.length === entry.size) return bytes;
      } catch (error) {
        log.debug({ destination: config.name, path: entry.path }, `no original: ${messageOf(error)}`);
      }
    }
    return undefined;
  }

  async function make(name: SourceName, row: SourceRow, path: string): Promise<Buffer | undefined> {
    const known = previews.of(row, path);
    const entry = inventories.entry(row, path);
    if (known || !entry) return known;
    const original = await read(name, entry);
    if (!original) return undefined;
    for (const [width, quality] of [
      [480, 70],
      [360, 55],
      [240, 40],
    ] as const) {
      const jpeg = await sharp(original, { limitInputPixels: PIXELS_MAX, failOn: 'none' })
        .autoOrient()
        .resize({ width, height: width, fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer();
      if (jpeg.length > THUMBNAIL_BYTES_MAX) continue;
      previews.keep(row, path, jpeg);
      return jpeg;
    }
    return undefined;
  }

  return {
    read,
    async preview(name, row, path) {
      const mine = queue.then(async () => {
        try {
          return await make(name, row, path);
        } catch (error) {
          log.debug({ path }, `no preview: ${messageOf(error)}`);
          return undefined;
        }
      });
      queue = mine;
      return mine;
    },
    async [Symbol.asyncDispose]() {
      for (const remote of open.values()) await remote[Symbol.asyncDispose]();
    },
  };
}
