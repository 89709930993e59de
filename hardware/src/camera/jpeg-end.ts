import { open } from 'node:fs/promises';

/** How far from the end of a file the end marker is looked for: cameras pad their files, and some append a few lines of their own. */
const TAIL_BYTES = 4096;

/** Does the file end as a JPEG does, with the marker EOI? One that broke off in its picture data does not (ITU-T T.81, B.1.1.2). */
export async function endsAsJpeg(path: string | Buffer): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  const length = Math.min(size, TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead).includes(Buffer.from([0xff, 0xd9]));
}
