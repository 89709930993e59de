import type { FileHandle } from 'node:fs/promises';
import { uprightExif } from './exif-patch.ts';

/**
 * EXIF, XMP, IPTC and the colour profile of a JPEG, copied byte by byte into another one: makers' notes and texts that are not ASCII
 * survive, which they do not when a library writes them anew.
 */
const KEPT = [
  { marker: 0xe1, begins: 'Exif\0\0' },
  { marker: 0xe1, begins: 'http://ns.adobe.com/xap/1.0/\0' },
  { marker: 0xe1, begins: 'http://ns.adobe.com/xmp/extension/\0' },
  { marker: 0xe2, begins: 'ICC_PROFILE\0' },
  { marker: 0xed, begins: 'Photoshop 3.0\0' },
];
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const SEGMENTS_MAX = 4096;

/** `jpeg` with the metadata of the open original; its EXIF says upright, and the new size in pixels. */
export async function copyMetadata(
  original: FileHandle,
  jpeg: Buffer,
  size: { width: number; height: number },
): Promise<Buffer> {
  const { segments, components } = await readSegments(original);
  const kept = segments
    // A profile for grey or CMYK pixels does not fit the three channels that are written.
    .filter((segment) => components === 3 || segment[1] !== 0xe2)
    .map((segment) => (isExif(segment) ? uprightExif(segment, size) : segment));
  const at = jpeg[2] === 0xff && jpeg[3] === 0xe0 ? 4 + jpeg.readUInt16BE(4) : 2;
  return Buffer.concat([jpeg.subarray(0, at), ...kept, jpeg.subarray(at)]);
}

const isExif = (segment: Buffer) => segment[1] === 0xe1 && segment.toString('latin1', 4, 10) === 'Exif\0\0';

/** The segments that are kept, whole with marker and length, and how many components the frame has. */
async function readSegments(file: FileHandle): Promise<{ segments: Buffer[]; components: number }> {
  const segments: Buffer[] = [];
  const header = Buffer.alloc(10);
  let components = 0;
  let bytes = 0;
  let at = 2;
  for (let count = 0; count < SEGMENTS_MAX; count++) {
    const { bytesRead } = await file.read(header, 0, 10, at);
    if (bytesRead < 10 || header[0] !== 0xff) break;
    const marker = header[1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) break;
    const length = 2 + header.readUInt16BE(2);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) components = header[9] as number;
    if (KEPT.some((kind) => kind.marker === marker) && bytes + length <= KEPT_BYTES_MAX) {
      const segment = Buffer.alloc(length);
      const read = await file.read(segment, 0, length, at);
      const isKept = ({ marker: wanted, begins }: (typeof KEPT)[number]) =>
        wanted === marker && segment.toString('latin1', 4, 4 + begins.length) === begins;
      if (read.bytesRead === length && KEPT.some(isKept)) {
        segments.push(segment);
        bytes += length;
      }
    }
    at += length;
  }
  return { segments, components };
}
