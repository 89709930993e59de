import { createCipheriv, createHash } from 'node:crypto';

/** A COM segment holds at most this much (ITU T.81, B.2.4.5: a length of two bytes that counts itself). */
const PAYLOAD_BYTES_MAX = 65_533;

/**
 * The same picture in a file of at least `bytes` bytes: noise that does not compress, in COM segments that every decoder
 * skips. The same `seed` gives the same noise.
 */
export function padJpeg(jpeg: Buffer, bytes: number, seed: string): Buffer {
  let missing = bytes - jpeg.length;
  if (missing <= 0) return jpeg;
  const key = createHash('sha256').update(seed).digest();
  const noise = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(missing));
  const segments: Buffer[] = [];
  for (let from = 0; missing > 0; ) {
    const length = Math.max(1, Math.min(PAYLOAD_BYTES_MAX, missing - 4));
    segments.push(
      Buffer.from([0xff, 0xfe, (length + 2) >> 8, (length + 2) & 0xff]),
      noise.subarray(from, from + length),
    );
    from += length;
    missing -= length + 4;
  }
  const at = endOfApplicationSegments(jpeg);
  return Buffer.concat([jpeg.subarray(0, at), ...segments, jpeg.subarray(at)]);
}

/** JFIF and EXIF must come first. */
function endOfApplicationSegments(jpeg: Buffer): number {
  let at = 2;
  while (jpeg[at] === 0xff && (jpeg[at + 1] as number) >= 0xe0 && (jpeg[at + 1] as number) <= 0xef) {
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return at;
}
