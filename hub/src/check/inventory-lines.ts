/** A line of an inventory can hold a path of 4,096 characters, each six bytes in JSON, and a remark. */
const LINE_BYTES_MAX = 64 * 1024;
const PATH_CHARACTERS_MAX = 4096;

export type InventoryLines = {
  /** The next bytes of the file. */
  take(bytes: Buffer): void;
  /** No more bytes come. Returns how many lines there were. */
  end(): number;
};

/**
 * Cuts a saved inventory into lines. A line as `inventoryLine` writes it for a sound file with an ASCII path is read byte by byte, at a
 * tenth of what JSON.parse takes for it; every other line goes to `other` as text, with its number from 1 on. Until `other` has been
 * given the first line, and from when it returns true, all lines are its.
 */
export function createInventoryLines(told: {
  file(folder: string, name: string, size: number, modifiedAt: number | undefined, sha256: string | undefined): void;
  other(text: string, line: number): boolean;
}): InventoryLines {
  /** A mark of the byte order may stand before the first line, and nowhere else. */
  const decoders = [true, false].map((ignoreBOM) => new TextDecoder('utf-8', { fatal: true, ignoreBOM }));
  let line = 0;
  let isPlain = false;
  let rest: Buffer = Buffer.alloc(0);
  let folder = '';
  /** The folder's bytes in a path before: paths come folder by folder. */
  let folderBytes: Buffer = Buffer.alloc(0);

  function folderOf(bytes: Buffer, start: number, end: number): string {
    if (end - start === folderBytes.length) {
      let at = 0;
      while (at < folderBytes.length && bytes[start + at] === folderBytes[at]) at += 1;
      if (at === folderBytes.length) return folder;
    }
    folderBytes = Buffer.from(bytes.subarray(start, end));
    folder = bytes.toString('latin1', start, end);
    return folder;
  }

  /** Reads a plain line, and returns where the next one begins; -1 where it is not plain, or not whole. */
  function plain(bytes: Buffer, from: number): number {
    if (!isAt(bytes, from, PATH_OPENS)) return -1;
    const path = from + PATH_OPENS.length;
    let at = path;
    let name = path;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
      // Not there, not ASCII, or an escape: JSON has its rules for them.
      if (byte === undefined || byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
      if (byte === SLASH) name = at + 1;
    }
    const pathEnd = at;
    if (pathEnd === path || pathEnd - path > PATH_CHARACTERS_MAX || !isAt(bytes, at, SIZE_OPENS)) return -1;
    at = numberEnd(bytes, at + SIZE_OPENS.length);
    if (at < 0) return -1;
    const size = number;
    let sha256: string | undefined;
    if (isAt(bytes, at, DIGEST_OPENS)) {
      const digest = at + DIGEST_OPENS.length;
      at = digest;
      while (isHexadecimal(bytes[at])) at += 1;
      if (at - digest !== 64 || bytes[at] !== QUOTE) return -1;
      sha256 = bytes.toString('latin1', digest, at);
      at += 1;
    }
    let modifiedAt: number | undefined;
    if (isAt(bytes, at, MODIFIED_OPENS)) {
      at = numberEnd(bytes, at + MODIFIED_OPENS.length);
      if (at < 0) return -1;
      modifiedAt = number;
    }
    if (bytes[at] !== BRACE || bytes[at + 1] !== NEWLINE) return -1;
    told.file(folderOf(bytes, path, name), bytes.toString('latin1', name, pathEnd), size, modifiedAt, sha256);
    return at + 2;
  }

  let number = 0;
  /** Reads a whole number as JSON writes it into `number`, and returns where it ends; -1 where it is none, or very large. */
  function numberEnd(bytes: Buffer, from: number): number {
    let at = from;
    number = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - ZERO) {
      number = number * 10 + digit;
    }
    const digits = at - from;
    return digits === 0 || digits > 15 || (digits > 1 && bytes[from] === ZERO) ? -1 : at;
  }

  function text(bytes: Buffer): void {
    line += 1;
    isPlain = !told.other((decoders[line === 1 ? 1 : 0] as (typeof decoders)[number]).decode(bytes), line);
  }

  return {
    take(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at < bytes.length) {
        const next = isPlain ? plain(bytes, at) : -1;
        if (next >= 0) {
          line += 1;
          at = next;
          continue;
        }
        const end = bytes.indexOf(NEWLINE, at);
        if (end < 0) break;
        if (end - at > LINE_BYTES_MAX) throw tooLong(line + 1);
        text(bytes.subarray(at, end));
        at = end + 1;
      }
      rest = bytes.subarray(at);
      if (rest.length > LINE_BYTES_MAX) throw tooLong(line + 1);
    },
    end() {
      if (rest.length > 0) text(rest);
      return line;
    },
  };
}

const tooLong = (line: number): Error => new Error(`line ${line}: longer than ${LINE_BYTES_MAX} bytes`);

const PATH_OPENS = Buffer.from('{"path":"');
const SIZE_OPENS = Buffer.from('","size":');
const DIGEST_OPENS = Buffer.from(',"sha256":"');
const MODIFIED_OPENS = Buffer.from(',"modifiedAt":');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const BRACE = 0x7d;
const NEWLINE = 0x0a;
const ZERO = 0x30;

function isAt(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

const isHexadecimal = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66));
