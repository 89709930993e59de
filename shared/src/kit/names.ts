/**
 * File names as text, without loss.
 *
 * Linux takes any bytes but NUL and `/` for a name. Here a name is a string: valid UTF-8 as itself, and each byte that
 * belongs to no valid sequence as one code point U+10FF00 + byte, from a private-use plane. A name that holds such a code point
 * itself is written byte by byte, so the mapping is one to one. The text goes through JSON and SQLite unharmed.
 */
const ESCAPE = 0x10ff00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const escaped = /[\u{10ff80}-\u{10ffff}]/u;

/** The text of a name's bytes. */
export function nameOf(bytes: Buffer): string {
  try {
    const text = strict.decode(bytes);
    if (!escaped.test(text)) return text;
  } catch {
    // Some bytes are not UTF-8: they are taken one by one below.
  }
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCodePoint(ESCAPE + (bytes[at] as number));
      at += 1;
    } else {
      text += bytes.toString('utf8', at, at + length);
      at += length;
    }
  }
  return text;
}

/** The bytes of a name's text: the inverse of `nameOf`. */
export function bytesOf(name: string): Buffer {
  if (!escaped.test(name)) return Buffer.from(name, 'utf8');
  const parts = [...name].map((character) => {
    const point = character.codePointAt(0) as number;
    return point >= ESCAPE + 0x80 ? Buffer.from([point - ESCAPE]) : Buffer.from(character, 'utf8');
  });
  return Buffer.concat(parts);
}

/** A path for Node's own calls: text where it is UTF-8, which is faster than bytes. */
export const systemPath = (path: string): string | Buffer => (isUtf8(path) ? path : bytesOf(path));

/** Is a name that Node has read as text the name as it is written here? Not where it put U+FFFD for bytes that are not UTF-8. */
export const isAsRead = (name: string): boolean => isUtf8(name) && !name.includes('\ufffd');

/** Is every byte of this name part of valid UTF-8? */
export function isUtf8(name: string): boolean {
  return !escaped.test(name);
}

/** A name for a terminal, a log or a page: no control characters, bytes that are not UTF-8 as `\xHH`. */
export function printable(name: string): string {
  let text = '';
  for (const character of name) {
    const point = character.codePointAt(0) as number;
    if (point >= ESCAPE + 0x80) text += `\\x${(point - ESCAPE).toString(16)}`;
    else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) text += `\\x${point.toString(16).padStart(2, '0')}`;
    else text += character;
  }
  return text;
}

/** The length of the valid UTF-8 sequence at this place, or 0; an escape's own code points count as not valid. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    return escaped.test(strict.decode(bytes.subarray(at, at + length))) ? 0 : length;
  } catch {
    return 0;
  }
}
