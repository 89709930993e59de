import sharp from 'sharp';

export type PictureOptions = { width?: number; height?: number; exif?: Record<string, Record<string, string>> };

/** A JPEG of noise over a gradient, as a camera's: every part of it holds bytes that matter. */
export async function jpegPicture({ width = 320, height = 240, exif }: PictureOptions = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = width * 7919 + height;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const column = Math.floor(i / 3) % width;
    pixels[i] = Math.round((column / width) * 160) + (state >>> 26);
  }
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality: 85 });
  return (exif ? picture.withExif(exif) : picture).toBuffer();
}

/** Are these the bytes of a JPEG that decodes whole? */
export async function decodes(jpeg: Buffer): Promise<boolean> {
  return sharp(jpeg, { failOn: 'warning' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
}
