import { VigieError } from '@vigie/shared/kit/errors';

/** A line without its newline. `isEnded` is false for a last line that has none. */
export type Line = { text: string; isEnded: boolean };

/** Lines of bytes that come in pieces. Throws `line` for one that is longer than allowed or not UTF-8. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncIterable<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const textOf = (line: Uint8Array): string => {
    if (line.length > lineBytesMax)
      throw new VigieError('line', `it is longer than ${lineBytesMax} bytes: no line of a certificate is`);
    try {
      return decoder.decode(line);
    } catch (error) {
      throw new VigieError('line', 'it is not UTF-8', { cause: error });
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield { text: textOf(rest.subarray(from, end)), isEnded: true };
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > lineBytesMax) textOf(rest);
  }
  if (rest.length > 0) yield { text: textOf(rest), isEnded: false };
}
