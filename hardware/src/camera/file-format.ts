import { open } from 'node:fs/promises';

/** What a file holds, told by its first bytes; `tiff` is also what several makers' RAW files look like. */
export type FileFormat = 'jpg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'heic' | RawFormat;
export type RawFormat = 'cr2' | 'cr3' | 'crw' | 'nef' | 'arw' | 'dng' | 'raf' | 'orf' | 'rw2' | 'x3f' | 'mrw';

/** How many bytes from the beginning `formatOf` looks at. */
export const HEAD_BYTES = 4096;

/** The format of a file that begins with these bytes; undefined where none is known. */
export function formatOf(head: Uint8Array): FileFormat | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, HEAD_BYTES));
  const text = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (text(0, 3) === '\xff\xd8\xff') return 'jpg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (text(0, 4) === 'GIF8') return 'gif';
  if (text(4, 8) === 'ftyp') return isoFormat(text(8, 12));
  if (text(0, 15) === 'FUJIFILMCCD-RAW') return 'raf';
  if (text(6, 14) === 'HEAPCCDR') return 'crw';
  if (text(0, 4) === 'FOVb') return 'x3f';
  if (text(0, 4) === '\0MRM') return 'mrw';
  if (['IIRO', 'IIRS', 'MMOR'].includes(text(0, 4))) return 'orf';
  if (text(0, 4) === 'IIU\0') return 'rw2';
  if (['II*\0', 'MM\0*'].includes(text(0, 4))) return tiffFormat(bytes);
  return undefined;
}

/** The extension (lower case, without dot) that a captured file's bytes ask for; `raw` where they tell no format. */
export async function extensionOf(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return extensionFor(formatOf(buffer.subarray(0, bytesRead))) ?? 'raw';
}

/** The extension of files of a format; undefined for none. */
export function extensionFor(format: FileFormat | undefined): string | undefined {
  return format === 'tiff' ? 'tif' : format;
}

function isoFormat(brand: string): FileFormat | undefined {
  if (brand === 'crx ') return 'cr3';
  if (brand === 'avif' || brand === 'avis') return 'avif';
  return ['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'].includes(brand) ? 'heic' : undefined;
}

/** RAW files in a TIFF container say who made them in the first folder of tags (TIFF 6.0, section 2). */
function tiffFormat(bytes: Buffer): FileFormat {
  if (bytes.toString('latin1', 8, 10) === 'CR') return 'cr2';
  const little = bytes[0] === 0x49;
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const folder = bytes.length >= 8 ? u32(4) : bytes.length;
  let maker = '';
  let subFolders = false;
  const count = folder + 2 <= bytes.length ? u16(folder) : 0;
  for (let entry = folder + 2; entry < folder + 2 + 12 * count && entry + 12 <= bytes.length; entry += 12) {
    const tag = u16(entry);
    if (tag === 0xc612) return 'dng';
    if (tag === 0x014a) subFolders = true;
    if (tag === 0x010f && u32(entry + 4) > 4) maker = bytes.toString('latin1', u32(entry + 8), u32(entry + 8) + 5);
  }
  // A plain TIFF of the same maker has no folders below its first.
  if (maker === 'NIKON' && subFolders) return 'nef';
  if (maker === 'SONY ' || maker.startsWith('SONY\0')) return subFolders ? 'arw' : 'tiff';
  return 'tiff';
}
