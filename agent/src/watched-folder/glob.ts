/**
 * Lists of name patterns: `*.jpg;*.cr2;re:IMG_\d+\.nef`. A part is a glob (`*`, `?`, `[0-9]`, `[!a-c]`, `\` before a
 * character that stands for itself) or, after `re:`, a regular expression of the whole name.
 *
 * Globs are matched by a small automaton of their own in at most pattern × name steps: no pattern can hang the scan.
 */
export type Matcher = (name: string) => boolean;

type Token =
  | { type: 'literal'; character: string }
  | { type: 'one' }
  | { type: 'any' }
  | { type: 'set'; negated: boolean; ranges: [string, string][] };

/** What is wrong with a list of patterns, with what is allowed; undefined when nothing is. */
export function listFault(list: string): string | undefined {
  for (const part of parts(list)) {
    const fault = part.startsWith('re:') ? expressionFault(part.slice(3)) : globFault(part);
    if (fault) return `${JSON.stringify(part)}: ${fault}`;
  }
  return undefined;
}

/** What looks like a mistake in a list that is allowed: a bare extension is the name of one hidden file. */
export function listWarning(list: string): string | undefined {
  const bare = parts(list).find((part) => /^\.[A-Za-z0-9]+$/.test(part));
  return bare && `${JSON.stringify(bare)} is the name ${bare} alone; "*${bare}" is the extension`;
}

/** Does at least one part stand in the list? */
export const isEmptyList = (list: string): boolean => parts(list).length === 0;

/**
 * The test for names that match any part of the list. The list must have no fault. An empty list matches nothing.
 *
 * @param anyCase letters match in any case
 */
export function matcherOf(list: string, { anyCase = false } = {}): Matcher {
  const tests = parts(list).map((part): Matcher => {
    if (part.startsWith('re:')) {
      const expression = new RegExp(`^(?:${part.slice(3)})$`, anyCase ? 'sui' : 'su');
      return (name) => expression.test(name);
    }
    const tokens = tokensOf(fold(part, anyCase)) ?? [];
    return (name) => matches(tokens, [...fold(name, anyCase)]);
  });
  return (name) => tests.some((test) => test(name));
}

const parts = (list: string): string[] =>
  list
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const fold = (text: string, anyCase: boolean): string => (anyCase ? text.toLowerCase() : text);

function globFault(glob: string): string | undefined {
  if (glob.includes('/')) return 'a name has no "/"; patterns of names are allowed';
  if (glob.includes('\0')) return 'NUL is not allowed';
  const tokens = tokensOf(glob);
  if (tokens === undefined)
    return 'a "[" has no "]", or a "\\" has nothing after it; "\\[" stands for the character itself';
  const backwards = tokens.find((token) => token.type === 'set' && token.ranges.some(([from, to]) => from > to));
  return backwards ? 'a range runs backwards; [a-z] is allowed, [z-a] is not' : undefined;
}

/** A group that is repeated and can itself match in several ways needs exponential time on some names. */
function expressionFault(source: string): string | undefined {
  try {
    new RegExp(`^(?:${source})$`, 'su');
  } catch (error) {
    return (error as Error).message;
  }
  const plain = source.replace(/\\./gsu, 'x').replace(/\[[^\]]*\]/gu, 'x');
  const open: { repeats: boolean }[] = [];
  for (let at = 0; at < plain.length; at++) {
    const group = open.at(-1);
    if (plain[at] === '(') open.push({ repeats: false });
    else if (/[*+{|]/.test(plain[at] as string) && group) group.repeats = true;
    else if (plain[at] === ')') {
      const closed = open.pop();
      const next = plain[at + 1] ?? '';
      if (closed?.repeats && '*+{'.includes(next) && next !== '') {
        return 'a repeated group with a repetition or a choice in it is not allowed: it can take for ever';
      }
      if (closed?.repeats && open.length > 0) (open.at(-1) as { repeats: boolean }).repeats = true;
    }
  }
  return undefined;
}

function tokensOf(glob: string): Token[] | undefined {
  const characters = [...glob];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '*') {
      if (tokens.at(-1)?.type !== 'any') tokens.push({ type: 'any' });
    } else if (character === '?') tokens.push({ type: 'one' });
    else if (character === '\\') {
      at += 1;
      if (at >= characters.length) return undefined;
      tokens.push({ type: 'literal', character: characters[at] as string });
    } else if (character === '[') {
      const negated = characters[at + 1] === '!' || characters[at + 1] === '^';
      const first = at + (negated ? 2 : 1);
      const end = characters.indexOf(']', first + 1);
      if (end < 0) return undefined;
      tokens.push({ type: 'set', negated, ranges: rangesOf(characters.slice(first, end)) });
      at = end;
    } else tokens.push({ type: 'literal', character });
  }
  return tokens;
}

function rangesOf(inside: string[]): [string, string][] {
  const ranges: [string, string][] = [];
  for (let at = 0; at < inside.length; at++) {
    const from = inside[at] as string;
    const to = inside[at + 1] === '-' ? inside[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  return ranges;
}

/** Goes back to the last `*` only, which is enough: an earlier one could not match more. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = tokens[token];
    if (wanted?.type === 'any') {
      star = token++;
      starAt = at;
    } else if (wanted !== undefined && fits(wanted, name[at] as string)) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token]?.type === 'any') token += 1;
  return token === tokens.length;
}

function fits(token: Token, character: string): boolean {
  if (token.type === 'literal') return token.character === character;
  if (token.type === 'set')
    return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated;
  return true;
}
