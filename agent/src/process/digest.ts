import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { createJpegWalk, type JpegWalk } from './jpeg-walk.ts';

const CHUNK_BYTES = 256 * 1024;
/** Enough for the EXIF of every camera file that is known: JPEG segments, TIFF folders, the header boxes of CR3. */
const HEAD_BYTES = 1024 * 1024;

/** What one read through a file tells. `sha256` is 64 hexadecimal digits, `head` the first bytes, at most 1 MiB. */
export type FileDigest = { size: number; sha256: string; head: Buffer; jpeg: JpegWalk };

export async function digestFile(handle: FileHandle, signal: AbortSignal | undefined): Promise<FileDigest> {
  const hash = createHash('sha256');
  const walk = createJpegWalk();
  const head: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, size);
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    hash.update(bytes);
    walk.push(bytes);
    if (size < HEAD_BYTES) head.push(Buffer.from(bytes));
    size += bytesRead;
  }
  return { size, sha256: hash.digest('hex'), head: Buffer.concat(head).subarray(0, HEAD_BYTES), jpeg: walk.end() };
}

export function digestBytes(bytes: Buffer): { size: number; sha256: string } {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
