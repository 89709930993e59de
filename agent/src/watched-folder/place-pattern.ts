import { createHash } from 'node:crypto';
import { localTime } from '@vigie/shared/kit/zone';
import { fitted } from './names.ts';

/**
 * Where a file goes below `result`, `preserve` or `failure`: `%Y%M%D/` is a day folder, `%Y/%F_%H%m%s.%E` a name. A
 * pattern that ends with `/`, or is empty, is a folder, and the file keeps its name there.
 */
export type PlaceFacts = {
  /** The claimed file's name, which `%F` and `%E` take apart. */
  name: string;
  /** ms since 1970, written in `zone`. */
  capturedAt: number;
  zone: string;
  jobId: string;
  /** The watched folder's own name. */
  folderName: string;
};

type Letter = (facts: PlaceFacts) => string | number;
const two = (n: number): string => String(n).padStart(2, '0');
const three = (n: number): string => String(n).padStart(3, '0');
const at = (facts: PlaceFacts) => localTime(facts.capturedAt, facts.zone);

const LETTERS: Record<string, Letter> = {
  Y: (f) => String(at(f).year).padStart(4, '0'),
  y: (f) => two(at(f).year % 100),
  M: (f) => two(at(f).month),
  D: (f) => two(at(f).day),
  d: (f) => three(dayOfYear(at(f))),
  H: (f) => two(at(f).hour),
  h: (f) => two(at(f).hour % 12 || 12),
  m: (f) => two(at(f).minute),
  s: (f) => two(at(f).second),
  l: (f) => three(at(f).millisecond),
  // One digit that a repetition of the same job finds again.
  R: (f) => (createHash('sha256').update(f.jobId).digest()[0] as number) % 10,
  P: (f) => f.jobId,
  J: (f) => f.folderName,
  F: (f) => split(f.name).stem,
  E: (f) => split(f.name).extension,
};

/**
 * What is wrong with a pattern, with what is allowed; undefined when nothing is.
 *
 * @param absolute the place may lie outside of the watched folder
 */
export function placeFault(pattern: string, { absolute = false } = {}): string | undefined {
  const quoted = JSON.stringify(pattern);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(pattern)) return `${quoted}: a control character is not allowed`;
  if (pattern.startsWith('/') && !absolute)
    return `${quoted}: is absolute; a path below the watched folder's own tree is allowed`;
  if (pattern.split('/').some((part) => part === '..' || part === '.')) {
    return `${quoted}: "." and ".." are not allowed as folders`;
  }
  for (const [whole, letter] of pattern.matchAll(/%(.?)/gsu)) {
    if (!Object.hasOwn(LETTERS, letter ?? '')) {
      return `${quoted}: ${JSON.stringify(whole)} is no known letter; allowed: ${Object.keys(LETTERS)
        .map((known) => `%${known}`)
        .join(' ')}`;
    }
  }
  return undefined;
}

/** What looks like a mistake in a pattern that is allowed: minutes where the month was meant, and the like. */
export function placeWarning(pattern: string): string | undefined {
  if (pattern.includes('%m') && !/%[Hh]/.test(pattern)) return '"%m" is the minute; the month is "%M"';
  if (pattern.includes('%d') && /%M/.test(pattern)) return '"%d" is the day of the year; the day of the month is "%D"';
  return undefined;
}

/**
 * The folder (without `/` at its end, perhaps empty; absolute where the pattern is) and the name that a pattern gives a file.
 */
export function placeOf(pattern: string, facts: PlaceFacts, ownName: string): { folder: string; name: string } {
  const isFolder = pattern === '' || pattern.endsWith('/');
  const template = split(facts.name).extension === '' ? pattern.replaceAll('.%E', '') : pattern;
  const text = template.replaceAll(/%(.)/gsu, (_, letter: string) => String(LETTERS[letter]?.(facts)));
  const parts = text
    .split('/')
    .filter((part) => part !== '')
    .map((part) => fitted(part === '.' || part === '..' ? `${part}_` : part));
  const name = isFolder ? ownName : (parts.pop() ?? ownName);
  return { folder: `${pattern.startsWith('/') ? '/' : ''}${parts.join('/')}`, name };
}

/** A path below a tree; an absolute one leaves it. */
export const joinedPath = (tree: string, path: string): string =>
  path.startsWith('/') ? path : path === '' ? tree : `${tree}/${path}`;

/** The part before the last dot, and the part after it; a name that only begins with a dot has no extension. */
function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot + 1) } : { stem: name, extension: '' };
}

function dayOfYear({ year, month, day }: { year: number; month: number; day: number }): number {
  return Math.round((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
}
