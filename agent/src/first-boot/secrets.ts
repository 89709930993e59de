import { isScalar, parseDocument, type Scalar } from 'yaml';
import { isWiped } from './network-settings.ts';

/** Where secrets stand in `vigie.yaml`; the last word of `secrets` is any. */
const PLACES: string[][] = [
  ['network', 'wifi', 'passphrase'],
  ['enrolment', 'token'],
  ['secrets', '*'],
];

/** The text of a secret: as written, or, where it was wiped, what the device keeps of it; undefined where it keeps nothing. */
export const textOfSecret = (
  path: string[],
  written: string,
  kept: Readonly<Record<string, string>>,
): string | undefined => (isWiped(written) ? kept[path.join('.')] : written);

/**
 * The file's text with underscores for each character of a secret. It has as many bytes as before, in the same places, so it can be written
 * over them; what is left reads as YAML, and a value of underscores alone says "as it was". A text without secrets comes back as it is.
 */
export function wipedText(text: string): string {
  let wiped = text;
  for (const node of secretsIn(text)) {
    const [from, to] = written(text, node);
    const secret = wiped.slice(from, to).replace(/\S/gu, (character) => '_'.repeat(Buffer.byteLength(character)));
    wiped = wiped.slice(0, from) + secret + wiped.slice(to);
  }
  return wiped;
}

/** From the last one to the first: a character of several bytes becomes several, and moves what is behind it. */
function secretsIn(text: string): Scalar[] {
  const document = parseDocument(text);
  const found = PLACES.flatMap((place) => {
    if (place.at(-1) !== '*') return [document.getIn(place, true)];
    const parent = place.slice(0, -1);
    const names = Object.keys((document.toJS() as Record<string, object> | null)?.[parent[0] as string] ?? {});
    return names.map((name) => document.getIn([...parent, name], true));
  });
  return found
    .filter((node): node is Scalar => isScalar(node) && node.range != null && typeof node.source === 'string')
    .sort((a, b) => (b.range?.[0] ?? 0) - (a.range?.[0] ?? 0));
}

/** The characters of the value itself: without quotes, and without the first line of a block. */
function written(text: string, node: Scalar): [from: number, to: number] {
  const [start, end] = node.range as [number, number, number];
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return [start + 1, end - 1];
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return [text.indexOf('\n', start) + 1, end];
  return [start, end];
}
