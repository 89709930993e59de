/**
 * Texts with placeholders: `{file}`, `{name}`, `{input:NAME}`. Other braces stand for themselves, so that an argument can be
 * JSON; but a word between braces that is no placeholder is taken for a mistake.
 */
export type Placeholder = { word: string; of: string | undefined };

const PATTERN = /\{([A-Za-z]+)(?::([A-Za-z][\w.-]*))?\}/g;

/** What is wrong with a text, with what is allowed; undefined when nothing is. */
export function templateFault(text: string, allowed: readonly string[]): string | undefined {
  if (text.includes('\0')) return 'a text without NUL is allowed';
  for (const [whole, word, of] of text.matchAll(PATTERN)) {
    if (allowed.includes(word as string) && (word === 'input') === (of !== undefined)) continue;
    const list = allowed.map((name) => (name === 'input' ? '{input:NAME}' : `{${name}}`)).join(' ');
    return `${JSON.stringify(whole)} is no placeholder here; allowed: ${list}`;
  }
  return undefined;
}

/** The text with each placeholder replaced by its value, in one pass: what a value holds is never replaced again. */
export function filled(text: string, value: (placeholder: Placeholder) => string): string {
  return text.replaceAll(PATTERN, (_, word: string, of: string | undefined) => value({ word, of }));
}

/** The placeholder that is the whole text; undefined where it is not one alone. */
export function wholePlaceholder(text: string): Placeholder | undefined {
  const [match] = text.matchAll(PATTERN);
  return match?.[0] === text ? { word: match[1] as string, of: match[2] } : undefined;
}

/** The inputs that a text names. */
export const inputsNamedIn = (text: string): string[] =>
  [...text.matchAll(PATTERN)].flatMap(([, , of]) => (of === undefined ? [] : [of]));
