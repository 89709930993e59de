/**
 * A pattern of a name: `*`, `?`, `[0-9]`, `[!a-c]`, `\` before a character that stands for itself. It is matched by a small automaton of
 * its own in at most pattern × name steps: no pattern can hang whoever asks.
 */
type Token =
  | { type: 'literal'; character: string }
  | { type: 'one' }
  | { type: 'any' }
  | { type: 'set'; negated: boolean; ranges: [string, string][] };

/** What is wrong with a glob, with what is allowed; undefined when nothing is. */
export function globFault(glob: string): string | undefined {
  if (glob.includes('/')) return 'a name has no "/"; patterns of names are allowed';
  if (glob.includes('\0')) return 'NUL is not allowed';
  const tokens = tokensOf(glob);
  if (tokens === undefined)
    return 'a "[" has no "]", or a "\\" has nothing after it; "\\[" stands for the character itself';
  const backwards = tokens.find((token) => token.type === 'set' && token.ranges.some(([from, to]) => from > to));
  return backwards ? 'a range runs backwards; [a-z] is allowed, [z-a] is not' : undefined;
}

/** The test for names that match a glob without a fault. */
export function globMatcher(glob: string): (name: string) => boolean {
  const tokens = tokensOf(glob) ?? [];
  return (name) => matches(tokens, [...name]);
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
