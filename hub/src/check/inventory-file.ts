import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import { type Entry, entrySchema } from '@vigie/shared/protocol/asset';
import type { SideSink } from '../report/side-sink.ts';
import { createInventoryLines } from './inventory-lines.ts';

/**
 * A saved inventory: JSON lines, UTF-8, optionally gzipped.
 *
 * - first line: `{"vigie":"inventory","version":1}`
 * - one `Entry` a line
 * - written folder by folder, in the order of folders and names; what is in order is compared in a fraction of the time, and any
 *   order is read
 * - last line: `{"vigie":"end","entries":N}`. A file without it was cut short, and is refused: an inventory that lacks its
 *   end would make the other side look complete.
 *
 * A `.json` file is one document instead: `{"vigie":"inventory","version":1,"entries":[Entry, …]}`.
 */
export const INVENTORY_HEADER = '{"vigie":"inventory","version":1}\n';
export const inventoryEnd = (entries: number): string => `{"vigie":"end","entries":${entries}}\n`;

/** One entry's line. */
export function inventoryLine({ path, size, sha256, modifiedAt, unreadable }: Entry): string {
  return `${JSON.stringify({ path, size, sha256, modifiedAt, unreadable })}\n`;
}

/** Does this name promise a saved inventory? */
export function isInventoryName(path: string): boolean {
  return /\.(json|ndjson)(\.gz)?$/.test(path);
}

/** A `.json` document is held in memory whole. */
const DOCUMENT_CHARACTERS_MAX = 500_000_000;

const BLOCK_BYTES = 256 * 1024;

/** The bytes of a saved inventory, unpacked. `fault` says of an error in it which file it is. */
export type InventoryBytes = AsyncDisposable & {
  blocks: AsyncIterable<Buffer>;
  fault(error: unknown): VigieError;
};

export function openInventory(path: string, signal?: AbortSignal): InventoryBytes {
  const file = createReadStream(bytesOf(path), { highWaterMark: BLOCK_BYTES, ...(signal && { signal }) });
  const gzipped = path.endsWith('.gz');
  const blocks = gzipped ? file.pipe(createGunzip({ chunkSize: BLOCK_BYTES })) : file;
  // pipe() does not hand on the file's own failure: without this the reader would wait for ever.
  if (gzipped) file.once('error', (error) => blocks.destroy(error));
  return {
    blocks,
    fault: (error) =>
      new VigieError('inventory', `read inventory ${JSON.stringify(path)}: ${messageOf(error)}`, { cause: error }),
    async [Symbol.asyncDispose]() {
      file.destroy();
    },
  };
}

/** Is a saved inventory of this name one of lines? */
export const isOfLines = (path: string): boolean => /\.ndjson(\.gz)?$/.test(path);

/** Tells every entry of a saved inventory, or throws `inventory` with the file and line that cannot be used. */
export async function readInventory(path: string, sink: SideSink, signal?: AbortSignal): Promise<void> {
  await using bytes = openInventory(path, signal);
  try {
    if (!isOfLines(path)) return await readDocument(bytes.blocks, sink);
    const lines = createLineReader(sink);
    for await (const block of bytes.blocks) lines.take(block);
    lines.end();
  } catch (error) {
    throw bytes.fault(error);
  }
}

type Line = Partial<Entry> & { vigie?: unknown; version?: unknown; entries?: unknown };

/** Takes the bytes of an inventory of lines in any portions, tells what they say, and throws where they cannot be used. */
export function createLineReader(sink: SideSink): { take(bytes: Buffer): void; end(): void } {
  let told = 0;
  let ended = false;
  const lines = createInventoryLines({
    file(folder, name, size, modifiedAt, sha256) {
      told += 1;
      sink.file(folder, name, size, modifiedAt, sha256);
    },
    other(text, line) {
      const value = parseLine(text, line);
      if (ended) throw new Error(`line ${line}: something follows the end`);
      if (line === 1) checkHeader(value);
      else if (value !== null && value.vigie === 'end') {
        if (value.entries !== told)
          throw new Error(`line ${line}: ${value.entries} entries were written, ${told} are here`);
        ended = true;
      } else {
        sink.entry(entryOf(value, line));
        told += 1;
      }
      return ended;
    },
  });
  return {
    take: lines.take,
    end() {
      const line = lines.end();
      if (line === 0) throw new Error('the file is empty: the first line must be {"vigie":"inventory","version":1}');
      if (!ended)
        throw new Error(`it was cut short after line ${line}: the last line must be {"vigie":"end","entries":N}`);
    },
  };
}

function parseLine(text: string, line: number): Line | null {
  try {
    return JSON.parse(text) as Line | null;
  } catch (error) {
    throw new Error(`line ${line}: not JSON: ${messageOf(error)}`);
  }
}

async function readDocument(bytes: AsyncIterable<Buffer>, sink: SideSink): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > DOCUMENT_CHARACTERS_MAX) throw new Error('too large for one document: save it as .ndjson');
  }
  const document = JSON.parse(text + decoder.decode()) as Line;
  checkHeader(document);
  if (!Array.isArray(document.entries)) throw new Error('"entries" must be a list');
  document.entries.forEach((value, at) => {
    sink.entry(entryOf(value as Line, at + 1));
  });
}

function checkHeader(value: Line | null): void {
  if (value?.vigie !== 'inventory')
    throw new Error('not an inventory: it must begin with {"vigie":"inventory","version":1}');
  if (value.version !== 1) throw new Error(`version ${JSON.stringify(value.version)} is not known: 1 is`);
}

/** The common shape by hand, since a million of them must not take seconds; anything else goes to the schema for its words. */
function entryOf(value: Line | null, place: number): Entry {
  if (
    value !== null &&
    typeof value.path === 'string' &&
    value.path.length > 0 &&
    value.path.length <= 4096 &&
    value.path.isWellFormed() &&
    typeof value.size === 'number' &&
    Number.isSafeInteger(value.size) &&
    value.size >= 0 &&
    value.unreadable === undefined &&
    (value.sha256 === undefined || (typeof value.sha256 === 'string' && /^[0-9a-f]{64}$/.test(value.sha256)))
  ) {
    return value as Entry;
  }
  const parsed = entrySchema.safeParse(value);
  if (parsed.success && parsed.data.path.isWellFormed()) return parsed.data;
  const issue = parsed.error?.issues[0];
  const what = issue ? `${issue.path.join('.') || 'entry'}: ${issue.message}` : 'path: not well-formed text';
  throw new Error(`entry at line ${place}: ${what}`);
}
