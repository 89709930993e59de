import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import exifr from 'exifr';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder } from '../../support/temp.ts';
import { processed, steps } from './job.ts';

/** Four quarters of 200 × 100 pixels each, from the upper left: red, green, blue, white. */
async function quarters(finish: (picture: Sharp) => Sharp = (picture) => picture): Promise<Buffer> {
  const part = (background: string) => ({ create: { width: 200, height: 100, channels: 3 as const, background } });
  const picture = sharp({ create: { width: 400, height: 200, channels: 3, background: '#ffffff' } }).composite([
    { input: part('#ff0000'), left: 0, top: 0 },
    { input: part('#00ff00'), left: 200, top: 0 },
    { input: part('#0000ff'), left: 0, top: 100 },
  ]);
  return finish(picture).jpeg({ quality: 95 }).toBuffer();
}

async function seen(file: string | Buffer) {
  const bytes = typeof file === 'string' ? await readFile(file) : file;
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const colours: Record<string, [number, number, number]> = {
    red: [255, 0, 0],
    green: [0, 255, 0],
    blue: [0, 0, 255],
    white: [255, 255, 255],
    black: [0, 0, 0],
  };
  return {
    width: info.width,
    height: info.height,
    pixel: (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)],
    /** The name of the nearest colour at a share of width and height. */
    at: (x: number, y: number) => {
      const i = 3 * (Math.floor(y * info.height) * info.width + Math.floor(x * info.width));
      const distance = (c: number[]) => c.reduce((sum, part, j) => sum + Math.abs(part - (data[i + j] as number)), 0);
      return Object.entries(colours).sort((a, b) => distance(a[1]) - distance(b[1]))[0]?.[0];
    },
  };
}

const corners = async (file: string) => {
  const picture = await seen(file);
  return [picture.at(0.1, 0.1), picture.at(0.9, 0.1), picture.at(0.1, 0.9), picture.at(0.9, 0.9)];
};

describe('each step', () => {
  test('resize: inside never enlarges, cover and fill give the size', async () => {
    const sizes = async (step: object) => {
      const { result } = await processed(await quarters(), { steps: steps(step) });
      const { width, height } = await seen(result.file);
      return [width, height];
    };
    expect(await sizes({ step: 'resize', width: 100 })).toEqual([100, 50]);
    expect(await sizes({ step: 'resize', width: 100, height: 20 })).toEqual([40, 20]);
    expect(await sizes({ step: 'resize', width: 4000 })).toEqual([400, 200]);
    expect(await sizes({ step: 'resize', width: 90, height: 90, fit: 'cover' })).toEqual([90, 90]);
    expect(await sizes({ step: 'resize', width: 90, height: 90, fit: 'fill' })).toEqual([90, 90]);
    expect(await sizes({ step: 'resize', width: 90, height: 90, fit: 'contain' })).toEqual([90, 90]);
  });

  test('rotate turns clockwise', async () => {
    const { result } = await processed(await quarters(), { steps: steps({ step: 'rotate', degrees: 90 }) });
    expect(await corners(result.file)).toEqual(['blue', 'red', 'white', 'green']);
  });

  test('crop takes its part, and what lies outside is left out', async () => {
    const crop = { step: 'crop', left: 210, top: 10, width: 50, height: 40 };
    const { result } = await processed(await quarters(), { steps: steps(crop) });
    expect(await seen(result.file)).toMatchObject({ width: 50, height: 40 });
    expect(await corners(result.file)).toEqual(['green', 'green', 'green', 'green']);
    const wide = await processed(await quarters(), { steps: steps({ ...crop, width: 5000, height: 5000 }) });
    expect(await seen(wide.result.file)).toMatchObject({ width: 190, height: 190 });
    const outside = processed(await quarters(), { steps: steps({ ...crop, left: 400 }) });
    await expect(outside).rejects.toMatchObject({ code: 'step', retryable: false });
  });

  test('watermark: width share, place and opacity', async () => {
    const file = join(await tempFolder(), 'mark.png');
    await writeFile(
      file,
      await sharp({ create: { width: 50, height: 50, channels: 4, background: '#000000' } })
        .png()
        .toBuffer(),
    );
    const mark = { step: 'watermark', file, gravity: 'southeast', width: 0.25, opacity: 0.5 };
    const picture = await seen((await processed(await quarters(), { steps: steps(mark) })).result.file);
    // Half of black on white, a hundred pixels wide and high, in the lower right corner.
    for (const part of picture.pixel(350, 150)) expect(part).toBeGreaterThan(110);
    for (const part of picture.pixel(350, 150)) expect(part).toBeLessThan(145);
    expect(picture.at(0.7, 0.9)).toBe('white');
    expect(picture.at(0.9, 0.4)).toBe('green');
    const absent = processed(await quarters(), { steps: steps({ ...mark, file: '/nonexistent.png' }) });
    await expect(absent).rejects.toMatchObject({ code: 'step', message: expect.stringContaining('/nonexistent.png') });
  });

  test('they follow their order', async () => {
    const crop = { step: 'crop', left: 0, top: 0, width: 100, height: 50 };
    const rotate = { step: 'rotate', degrees: 90 };
    const first = await processed(await quarters(), { steps: steps(crop, rotate) });
    expect(await seen(first.result.file)).toMatchObject({ width: 50, height: 100 });
    expect(await corners(first.result.file)).toEqual(['red', 'red', 'red', 'red']);
    const second = await processed(await quarters(), { steps: steps(rotate, crop) });
    expect(await seen(second.result.file)).toMatchObject({ width: 100, height: 50 });
    expect(await corners(second.result.file)).toEqual(['blue', 'blue', 'blue', 'blue']);
  });

  test('what is laid over the picture takes part in the steps after it', async () => {
    const file = join(await tempFolder(), 'mark.png');
    const black = { create: { width: 50, height: 50, channels: 4 as const, background: '#000000' } };
    await writeFile(file, await sharp(black).png().toBuffer());
    const mark = { step: 'watermark', file, gravity: 'northwest', width: 0.3, opacity: 1 };
    for (const [list, expected] of [
      [
        [mark, { step: 'rotate', degrees: 180 }],
        ['white', 'blue', 'green', 'black'],
      ],
      [
        [mark, { step: 'crop', left: 0, top: 0, width: 40, height: 40 }],
        ['black', 'black', 'black', 'black'],
      ],
      [
        [mark, { step: 'resize', width: 200 }, mark],
        ['black', 'green', 'blue', 'white'],
      ],
      [
        [{ ...mark, gravity: 'northeast' }, mark],
        ['black', 'black', 'blue', 'white'],
      ],
    ] as const) {
      const { result } = await processed(await quarters(), { steps: steps(...list) });
      expect(await corners(result.file)).toEqual(expected);
    }
    const turned = await quarters((picture) => picture.withMetadata({ orientation: 6 }));
    const { result } = await processed(turned, { steps: steps(mark, { step: 'rotate', degrees: 90 }) });
    expect(await corners(result.file)).toEqual(['white', 'black', 'green', 'red']);
  });
});

describe('the result', () => {
  const xmp =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="élan"/></rdf:RDF></x:xmpmeta>';
  const exif = {
    IFD0: { Make: 'Vigie', Copyright: 'someone' },
    IFD2: { DateTimeOriginal: '2025:07:01 12:00:00', OffsetTimeOriginal: '-03:00', LensModel: '50mm' },
  };
  const rich = () => quarters((picture) => picture.withExif(exif).withXmp(xmp).withIccProfile('p3'));

  test('keeps EXIF, XMP and the colour profile, and has the original’s name; the original is not touched', async () => {
    const original = await rich();
    const outcome = await processed(original, { steps: steps({ step: 'resize', width: 200 }) });
    expect(await readFile(outcome.job.file)).toEqual(original);
    expect(outcome.original.sha256).toBe(createHash('sha256').update(original).digest('hex'));
    const made = await readFile(outcome.result.file);
    expect(outcome.result).toMatchObject({
      name: outcome.job.name,
      file: join(outcome.job.workFolder, outcome.job.name),
      size: made.length,
      sha256: createHash('sha256').update(made).digest('hex'),
    });
    const [before, after] = await Promise.all([sharp(original).metadata(), sharp(made).metadata()]);
    expect(after.icc).toEqual(before.icc);
    expect(after.xmp).toEqual(before.xmp);
    expect(await exifr.parse(made, { reviveValues: false })).toMatchObject({
      Make: 'Vigie',
      Copyright: 'someone',
      LensModel: '50mm',
      DateTimeOriginal: '2025:07:01 12:00:00',
      OffsetTimeOriginal: '-03:00',
      ExifImageWidth: 200,
      ExifImageHeight: 100,
    });
  });

  test('keeps its colours under a profile that is not sRGB', async () => {
    const original = await rich();
    const { result } = await processed(original, {
      steps: steps({ step: 'crop', left: 0, top: 0, width: 390, height: 190 }),
    });
    const [before, after] = [await seen(original), await seen(result.file)];
    for (const [x, y] of [
      [50, 50],
      [350, 50],
      [50, 150],
    ] as const) {
      before.pixel(x, y).forEach((part, i) => {
        expect(Math.abs(part - (after.pixel(x, y)[i] as number))).toBeLessThan(8);
      });
    }
  });

  test.each([1, 3, 6, 8])('orientation %i is applied once and then reset', async (orientation) => {
    const original = await quarters((picture) => picture.withExif(exif).withMetadata({ orientation }));
    const upright = join(await tempFolder(), 'upright.jpg');
    await writeFile(upright, await sharp(original).autoOrient().jpeg({ quality: 95 }).toBuffer());
    const { result, preview } = await processed(original, { steps: steps({ step: 'rotate', degrees: 'exif' }) });
    expect(await corners(result.file)).toEqual(await corners(upright));
    expect((await sharp(await readFile(result.file)).metadata()).orientation ?? 1).toBe(1);
    expect((await seen(preview as Buffer)).width).toBe((await seen(upright)).width);
  });

  test('of a PNG keeps its metadata too', async () => {
    const png = await sharp(await rich())
      .keepMetadata()
      .png()
      .toBuffer();
    const { result } = await processed(png, { name: 'a.png', steps: steps({ step: 'rotate', degrees: 180 }) });
    expect(await corners(result.file)).toEqual(['white', 'blue', 'green', 'red']);
    const after = await sharp(await readFile(result.file)).metadata();
    expect(after.format).toBe('png');
    expect(after.icc).toBeDefined();
    expect(after.xmp?.toString()).toContain('élan');
    expect(await exifr.parse(after.exif as Buffer, { reviveValues: false })).toMatchObject({ Make: 'Vigie' });
  });

  test('of a RAW file is the original: its pixels are not for steps', async () => {
    const raw = await sharp(await jpegPicture())
      .tiff()
      .toBuffer();
    const outcome = await processed(raw, { name: 'a.nef', steps: steps({ step: 'resize', width: 100 }) });
    expect(outcome.sound.ok).toBe(true);
    expect(outcome.result.file).toBe(outcome.job.file);
  });
});
