import type { FileHandle } from 'node:fs/promises';
import type { ContainerFormat } from './soundness.ts';
import { tiffEnd } from './tiff-extent.ts';

/**
 * What is wrong with a file whose pixels cannot be decoded here (RAW, HEIC): whether everything that its own tables name lies within it.
 * Undefined where nothing is found wrong. A torn RAF, CRW or X3F is only found out by its header.
 */
export async function containerFault(
  handle: FileHandle,
  head: Buffer,
  size: number,
  format: ContainerFormat,
): Promise<string | undefined> {
  switch (format) {
    case 'cr3':
    case 'heic':
      return boxFault(handle, size);
    case 'raf':
      return rafFault(head, size);
    case 'crw':
    case 'x3f':
    case 'mrw':
      return size < 1024 ? 'the file ends within its header' : undefined;
    default: {
      const end = tiffEnd(head);
      if (end === undefined) return 'its first folder of tags lies outside the file';
      return end > size ? `the file is torn: it has ${size} bytes, and its tags name ${end}` : undefined;
    }
  }
}

const BOXES_MAX = 1000;

/** ISO 14496-12, section 4.2: boxes one after the other, each with its length; 1 stands for a long one, 0 for "to the end". */
async function boxFault(handle: FileHandle, size: number): Promise<string | undefined> {
  const header = Buffer.alloc(16);
  let at = 0;
  for (let boxes = 0; at < size && boxes < BOXES_MAX; boxes++) {
    const { bytesRead } = await handle.read(header, 0, 16, at);
    if (bytesRead < 8) return 'the file is torn: it ends within the header of a box';
    const short = header.readUInt32BE(0);
    if (short === 0) return undefined;
    const length = short === 1 && bytesRead === 16 ? Number(header.readBigUInt64BE(8)) : short;
    if (length < 8) return 'a box has an impossible length';
    at += length;
  }
  return at > size ? `the file is torn: it has ${size} bytes, and its boxes name ${at}` : undefined;
}

/** Fujifilm's header names the places of its parts: the JPEG, the tags, the sensor's values. By reading, not by a document. */
function rafFault(head: Buffer, size: number): string | undefined {
  if (head.length < 108) return 'the file ends within its header';
  const ends = [84, 92, 100].map((at) => head.readUInt32BE(at) + head.readUInt32BE(at + 4));
  const end = Math.max(...ends);
  return end > size ? `the file is torn: it has ${size} bytes, and its header names ${end}` : undefined;
}
