import { instantOf } from '@vigie/shared/kit/zone';

/** Where the capture time of a dropped file is looked for. */
export type TimeSource = 'name' | 'exif' | 'mtime';

/** Letters of a name pattern, as in `docs/watched-folder.md`: what stands for them, and which part of the time it is. */
const LETTERS: Record<string, [digits: string, part: keyof Parts]> = {
  Y: ['\\d{4}', 'year'],
  y: ['\\d{2}', 'shortYear'],
  M: ['\\d{2}', 'month'],
  D: ['\\d{2}', 'day'],
  H: ['\\d{2}', 'hour'],
  m: ['\\d{2}', 'minute'],
  s: ['\\d{2}', 'second'],
  l: ['\\d{3}', 'millisecond'],
};
type Parts = Partial<
  Record<'year' | 'shortYear' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond', string>
>;

/** `20260503101530`, `2026-05-03_10-15-30`, `2026/05/03/101530`, with milliseconds or without: what cameras commonly write. */
const COMMON =
  /(?<!\d)(?<year>(?:19|20)\d\d)[-_./ ]?(?<month>\d\d)[-_./ ]?(?<day>\d\d)[-_./ T]{0,3}(?<hour>\d\d)[-_.: h]?(?<minute>\d\d)[-_.: m]?(?<second>\d\d)(?:[-_.]?(?<millisecond>\d{3}))?(?!\d)/g;

/** What is wrong with a name pattern; undefined when nothing is. */
export function namePatternFault(pattern: string): string | undefined {
  const letters = [...pattern.matchAll(/%(.?)/gsu)].map((match) => match[1] ?? '');
  const unknown = letters.find((letter) => letter !== '*' && LETTERS[letter] === undefined);
  const quoted = JSON.stringify(pattern);
  if (unknown !== undefined) {
    return `${quoted}: "%${unknown}" is no known letter; allowed: ${Object.keys(LETTERS)
      .map((letter) => `%${letter}`)
      .join(' ')}, and %* for any text`;
  }
  const again = letters.find((letter, index) => letter !== '*' && letters.indexOf(letter) < index);
  if (again !== undefined) return `${quoted}: "%${again}" stands twice; once is allowed`;
  const lacks = ['M', 'D', 'H', 'm'].filter((letter) => !letters.includes(letter));
  if (!letters.includes('Y') && !letters.includes('y')) lacks.unshift('Y');
  return lacks.length === 0
    ? undefined
    : `${quoted}: ${lacks.map((letter) => `%${letter}`).join(' ')} is missing; a whole date and time is needed`;
}

/**
 * The instant that a file's path below the folder tells, ms since 1970: by the pattern, else by the last part that looks like a date
 * with a time. Undefined where none is told, or none that exists.
 */
export function timeInName(path: string, pattern: string | undefined, zone: string): number | undefined {
  const expression = pattern === undefined ? COMMON : expressionOf(pattern);
  const instants = [...path.matchAll(expression)].flatMap((match) => instant(match.groups as Parts, zone) ?? []);
  return instants.at(-1);
}

function expressionOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/%(.)|[^%]/gsu, (whole, letter: string | undefined) => {
    if (letter === undefined) return whole.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    if (letter === '*') return '[^/]*?';
    const [digits, part] = LETTERS[letter] as [string, string];
    return `(?<${part}>${digits})`;
  });
  return new RegExp(source, 'gu');
}

function instant(
  { year, shortYear, month, day, hour, minute, second, millisecond }: Parts,
  zone: string,
): number | undefined {
  const local = {
    year: year === undefined ? 2000 + Number(shortYear) : Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
    millisecond: Number(millisecond ?? 0),
  };
  const back = new Date(Date.UTC(local.year, local.month - 1, local.day));
  // An impossible date, such as 20260231, comes back as another one.
  if (back.getUTCMonth() !== local.month - 1 || back.getUTCDate() !== local.day) return undefined;
  if (local.hour > 23 || local.minute > 59 || local.second > 59 || local.year < 1970) return undefined;
  return instantOf(local, zone);
}
