/** What a certificate holds. Numbers are safe integers. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * The one text of a value: JSON without spaces, the keys of each object in the order of their UTF-16 code units, text and numbers as
 * ECMAScript's JSON.stringify writes them. Source: RFC 8785 (JSON Canonicalization Scheme), section 3.2.
 */
export function canonicalJson(value: Plain): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

const isList = (value: object): value is readonly Plain[] => Array.isArray(value);

/** The value of a text that is canonical, or undefined: the same value in other words is refused as well. */
export function parseCanonical(text: string): unknown {
  try {
    const value = JSON.parse(text) as Plain;
    return canonicalJson(value) === text ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
