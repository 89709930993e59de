/**
 * A preview says which asset it shows in a JPEG comment (COM segment, ITU T.81 B.2.4.5), so that the payload of
 * `thumbnail/<source>` stays a plain JPEG for every other reader.
 */
const SOI = Buffer.from([0xff, 0xd8]);
const COM = Buffer.from([0xff, 0xfe]);

/** The JPEG with the asset's path in a comment. */
export function labelled(jpeg: Buffer, path: string): Buffer {
  const text = Buffer.from(path, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length + 2);
  return Buffer.concat([SOI, COM, length, text, jpeg.subarray(2)]);
}

/** The path that `labelled` has written, or null. */
export function labelOf(jpeg: Buffer): string | null {
  if (jpeg.length < 6 || !jpeg.subarray(0, 2).equals(SOI) || !jpeg.subarray(2, 4).equals(COM)) return null;
  const length = jpeg.readUInt16BE(4);
  return length >= 2 && jpeg.length >= 4 + length ? jpeg.toString('utf8', 6, 4 + length) : null;
}
