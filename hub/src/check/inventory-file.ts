import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import { type Entry, entrySchema } from '@vigie/shared/protocol/asset';

/**
 * A saved inventory: JSON lines, UTF-8, optionally gzipped.
 *
 * - first line: `{"vigie":"inventory","version":1}`
 * - one `Entry` a line
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

/** A line of an inventory can hold a path of 4,096 characters, each six bytes in JSON, and a remark. */
const LINE_CHARACTERS_MAX = 64 * 1024;
/** A `.json` document is held in memory whole. */
const DOCUMENT_CHARACTERS_MAX = 500_000_000;

/** Tells every entry of a saved inventory, or throws `inventory` with the file and line that cannot be used. */
export async function readInventory(path: string, tell: (entry: Entry) => void, signal?: AbortSignal): Promise<void> {
  const file = createReadStream(bytesOf(path), { highWaterMark: 256 * 1024, ...(signal && { signal }) });
  const gzipped = path.endsWith('.gz');
  const bytes = gzipped ? file.pipe(createGunzip({ chunkSize: 256 * 1024 })) : file;
  // pipe() does not hand on the file's own failure: without this the reader would wait for ever.
  if (gzipped) file.once('error', (error) => bytes.destroy(error));
  const parse = /\.json(\.gz)?$/.test(path) ? readDocument : readLines;
  try {
    await parse(bytes, tell);
  } catch (error) {
    file.destroy();
    throw new VigieError('inventory', `read inventory ${JSON.stringify(path)}: ${messageOf(error)}`, { cause: error });
  }
}

type Line = Partial<Entry> & { vigie?: unknown; version?: unknown; entries?: unknown };

async function readLines(bytes: AsyncIterable<Buffer>, tell: (entry: Entry) => void): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 0;
  let told = 0;
  let ended = false;

  const take = (text: string): void => {
    for (const value of parseLines(text, line)) {
      line += 1;
      if (ended) throw new Error(`line ${line}: something follows the end`);
      if (line === 1) checkHeader(value);
      else if (value !== null && value.vigie === 'end') {
        if (value.entries !== told)
          throw new Error(`line ${line}: ${value.entries} entries were written, ${told} are here`);
        ended = true;
      } else {
        tell(entryOf(value, line));
        told += 1;
      }
    }
  };

  for await (const chunk of bytes) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const cut = text.lastIndexOf('\n');
    rest = text.slice(cut + 1);
    if (rest.length > LINE_CHARACTERS_MAX)
      throw new Error(`line ${line + 1}: longer than ${LINE_CHARACTERS_MAX} characters`);
    if (cut >= 0) take(text.slice(0, cut));
  }
  rest += decoder.decode();
  if (rest !== '') take(rest);
  if (line === 0) throw new Error('the file is empty: the first line must be {"vigie":"inventory","version":1}');
  if (!ended) throw new Error(`it was cut short after line ${line}: the last line must be {"vigie":"end","entries":N}`);
}

/** Many lines in one go: JSON keeps raw newlines out of strings, so each one ends a line. */
function parseLines(text: string, before: number): Line[] {
  try {
    return JSON.parse(`[${text.replaceAll('\n', ',')}]`) as Line[];
  } catch {
    return text.split('\n').map((line, at) => {
      try {
        return JSON.parse(line) as Line;
      } catch (error) {
        throw new Error(`line ${before + at + 1}: not JSON: ${(error as Error).message}`);
      }
    });
  }
}

async function readDocument(bytes: AsyncIterable<Buffer>, tell: (entry: Entry) => void): Promise<void> {
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
    tell(entryOf(value as Line, at + 1));
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
