import { globFault, globMatcher } from '@vigie/shared/kit/glob';

/** Lists of name patterns: `*.jpg;*.cr2;re:IMG_\d+\.nef`. A part is a glob (`glob.ts`) or, after `re:`, a regular expression of the whole name. */
export type Matcher = (name: string) => boolean;

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
    const test = globMatcher(fold(part, anyCase));
    return (name) => test(fold(name, anyCase));
  });
  return (name) => tests.some((test) => test(name));
}

const parts = (list: string): string[] =>
  list
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const fold = (text: string, anyCase: boolean): string => (anyCase ? text.toLowerCase() : text);

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
