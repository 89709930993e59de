import { bytesOf, isUtf8 } from '@vigie/shared/kit/names';

/** The longest name that Linux file systems take. */
export const NAME_BYTES_MAX = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Why a file of this name cannot be an asset; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (!isUtf8(name)) return 'the name is not valid UTF-8; names in UTF-8 are taken';
  if (name.includes('/')) return 'the name has a "/"; a name without folders is taken';
  if (CONTROL.test(name)) return 'the name has control characters; names without them are taken';
  if (name === '' || name === '.' || name === '..')
    return `the name is ${JSON.stringify(name)}; a file's name is taken`;
  if (bytesOf(name).length > NAME_BYTES_MAX) return `the name is longer than ${NAME_BYTES_MAX} bytes`;
  return undefined;
}

/** A name under which any file can be kept: offending bytes, and `%`, as `%HH`. A name without fault stays as it is. */
export function safeName(name: string): string {
  if (nameFault(name) === undefined) return name;
  let text = '';
  for (const character of name) {
    if (isUtf8(character) && !CONTROL.test(character) && character !== '%' && character !== '/') text += character;
    else for (const byte of bytesOf(character)) text += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return fitted(text === '' || text === '.' || text === '..' ? `${text}_` : text);
}

/**
 * A name of letters, digits and one dot before the extension: every other character as the hexadecimal bytes of its UTF-8.
 * Two names may become one; then the second gets a suffix.
 */
export function hexadecimalName(name: string): string {
  const dot = name.lastIndexOf('.');
  const plain = (text: string) =>
    [...text].map((c) => (/^[A-Za-z0-9]$/.test(c) ? c : bytesOf(c).toString('hex'))).join('');
  return dot > 0 ? `${plain(name.slice(0, dot))}.${plain(name.slice(dot + 1))}` : plain(name);
}

/** The name with `_1`, `_2`, … before its extension; the stem gives way where the name would become too long. */
export function suffixedName(name: string, index: number): string {
  return index === 0 ? fitted(name) : fitted(name, `_${index}`);
}

/** A name of at most 255 bytes: `insertion` before the extension, and the stem cut between characters. */
export function fitted(name: string, insertion = ''): string {
  const dot = name.lastIndexOf('.');
  const whole = dot > 0 && bytesOf(name.slice(dot)).length <= EXTENSION_BYTES_MAX ? dot : name.length;
  const extension = name.slice(whole);
  const room = NAME_BYTES_MAX - bytesOf(insertion + extension).length;
  let stem = name.slice(0, whole);
  if (bytesOf(stem).length > room) {
    const characters = [...stem];
    let bytes = 0;
    let kept = 0;
    for (const character of characters) {
      bytes += bytesOf(character).length;
      if (bytes > room) break;
      kept += 1;
    }
    stem = characters.slice(0, kept).join('');
  }
  return `${stem}${insertion}${extension}`;
}

/** What follows a dot far from the end is no extension. */
const EXTENSION_BYTES_MAX = 32;

/**
 * The smallest known free index: it asks for 0, 1, 2, 4, 8, … and then halves, so that the five-thousandth file of a
 * name needs some twenty questions. There may be a lower free one where names have been taken away.
 */
export async function firstFree(isTaken: (index: number) => Promise<boolean>): Promise<number> {
  if (!(await isTaken(0))) return 0;
  let taken = 0;
  let free = 1;
  while (await isTaken(free)) {
    taken = free;
    free *= 2;
    if (free > INDEX_MAX) throw new RangeError(`more than ${INDEX_MAX} files of one name`);
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isTaken(middle)) taken = middle;
    else free = middle;
  }
  return free;
}

const INDEX_MAX = 2 ** 30;
