import { formatOf } from '@vigie/hardware/camera/file-format';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';

/** A TIFF header and one folder of tags: tag, type, count, value. */
function tiff(order: 'II' | 'MM', entries: [number, number, number, number][], after = ''): Buffer {
  const bytes = Buffer.alloc(10 + 12 * entries.length + 4 + after.length);
  const little = order === 'II';
  const u16 = (value: number, at: number) => (little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  bytes.write(order, 0, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(entries.length, 8);
  entries.forEach(([tag, type, count, value], i) => {
    u16(tag, 10 + 12 * i);
    u16(type, 12 + 12 * i);
    u32(count, 14 + 12 * i);
    u32(value, 18 + 12 * i);
  });
  bytes.write(after, 14 + 12 * entries.length, 'latin1');
  return bytes;
}

test.each([
  [
    'nef',
    tiff(
      'MM',
      [
        [0x010f, 2, 18, 38],
        [0x014a, 4, 1, 100],
      ],
      'NIKON CORPORATION\0',
    ),
  ],
  [
    'arw',
    tiff(
      'II',
      [
        [0x010f, 2, 5, 38],
        [0x014a, 4, 1, 100],
      ],
      'SONY\0',
    ),
  ],
  ['dng', tiff('II', [[0xc612, 1, 4, 1]])],
  ['tiff', tiff('II', [[0x010f, 2, 6, 26]], 'Canon\0')],
  ['cr2', Buffer.from('II*\0\x10\0\0\0CR\x02\0', 'latin1')],
  ['cr3', Buffer.from('\0\0\0\x18ftypcrx ', 'latin1')],
  ['heic', Buffer.from('\0\0\0\x18ftypheic', 'latin1')],
  ['raf', Buffer.from('FUJIFILMCCD-RAW 0201', 'latin1')],
  ['orf', Buffer.from('IIRO\x08\0\0\0', 'latin1')],
  ['rw2', Buffer.from('IIU\0\x18\0\0\0', 'latin1')],
  [undefined, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  [undefined, Buffer.alloc(0)],
  ['tiff', Buffer.from('II*\0')],
  ['tiff', Buffer.from('MM\0*\xff\xff\xff\xff', 'latin1')],
])('%s', (format, bytes) => {
  expect(formatOf(bytes)).toBe(format);
});

test('formats that sharp writes', async () => {
  const picture = sharp(await jpegPicture());
  expect(formatOf(await picture.clone().jpeg().toBuffer())).toBe('jpg');
  expect(formatOf(await picture.clone().png().toBuffer())).toBe('png');
  expect(formatOf(await picture.clone().webp().toBuffer())).toBe('webp');
  expect(formatOf(await picture.clone().tiff().toBuffer())).toBe('tiff');
  expect(formatOf(await picture.clone().gif().toBuffer())).toBe('gif');
  expect(formatOf(await picture.clone().avif({ effort: 0 }).toBuffer())).toBe('avif');
});
