import { THUMBNAIL_BYTES_MAX } from '@vigie/shared/protocol/messages';
import sharp from 'sharp';
import type { Glance } from './decode.ts';

/** From what looks best to what always fits: edge in pixels, JPEG quality. */
const ATTEMPTS = [
  [480, 72],
  [400, 62],
  [320, 52],
  [240, 42],
  [160, 30],
  [96, 20],
] as const;

/** EXIF's orientations 1 to 8 as what sharp does in this order whatever the order of calls: mirrored left to right, then turned clockwise (JEITA CP-3451, Orientation). */
const TURNS: Record<number, [degrees: number, mirrored: boolean]> = {
  2: [0, true],
  3: [180, false],
  4: [180, true],
  5: [270, true],
  6: [90, false],
  7: [90, true],
  8: [270, false],
};

/** A bare JPEG of at most 20 KB, upright. */
export async function previewOf(glance: Glance): Promise<Buffer | null> {
  const [degrees, mirrored] = TURNS[glance.orientation] ?? [0, false];
  for (const [edge, quality] of ATTEMPTS) {
    const raw = { width: glance.pixelsWide, height: glance.pixelsHigh, channels: 3 as const };
    const jpeg = await sharp(glance.pixels, { raw })
      .rotate(degrees)
      .flop(mirrored)
      .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality })
      .toBuffer();
    if (jpeg.length <= THUMBNAIL_BYTES_MAX) return jpeg;
  }
  return null;
}
