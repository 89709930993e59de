import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestPicture, type TestPictureOptions } from '@vigie/hardware/camera/test-picture';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import exifr from 'exifr';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { fontFile } from '../../support/font.ts';
import { decodes } from '../../support/picture.ts';
import { tempFolder } from '../../support/temp.ts';

async function taken(options: Partial<TestPictureOptions> = {}, request: object = {}): Promise<Buffer> {
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  const camera = createTestPicture({ width: 480, height: 320, bytes: 0, fontFile, draw: drawTestPicture, ...options });
  const at = Date.UTC(2026, 6, 1, 10, 20, 30);
  const [file] = await camera.capture({ folder, at, zone: 'Europe/Paris', source: 'summit', sequence: 7, ...request });
  return readFile(file?.path as string);
}

test('the picture has its size and says in EXIF when, where and which it is', async () => {
  const jpeg = await taken();
  expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 480, height: 320, channels: 3 });
  expect(await exifr.parse(jpeg, { reviveValues: false })).toMatchObject({
    Make: 'Vigie',
    Model: 'Test picture',
    ImageDescription: 'summit #7',
    DateTimeOriginal: '2026:07:01 12:20:30',
    OffsetTimeOriginal: '+02:00',
  });
  const west = await exifr.parse(await taken({}, { zone: 'America/St_Johns' }), { reviveValues: false });
  expect(west).toMatchObject({ DateTimeOriginal: '2026:07:01 07:50:30', OffsetTimeOriginal: '-02:30' });
});

test.each([30_000, 65_540, 131_080, 500_000, 5_000_000])(
  'padded to %i bytes it is still a whole JPEG',
  async (bytes) => {
    const jpeg = await taken({ bytes });
    expect(jpeg.length).toBeGreaterThanOrEqual(bytes);
    expect(jpeg.length).toBeLessThan(bytes + 70_000);
    expect(await decodes(jpeg)).toBe(true);
    expect(await exifr.parse(jpeg, { reviveValues: false })).toMatchObject({ Make: 'Vigie' });
  },
);

test('the same request gives the same bytes, any other gives others', async () => {
  const first = await taken({ bytes: 60_000 });
  expect((await taken({ bytes: 60_000 })).equals(first)).toBe(true);
  const others = [{ sequence: 8 }, { source: 'harbour' }, { zone: 'UTC' }, { at: Date.UTC(2026, 6, 1, 23, 0, 0) }];
  for (const other of others) expect((await taken({ bytes: 60_000 }, other)).equals(first)).toBe(false);
});

test('the hour changes the light', async () => {
  const brightness = async (hour: number) => {
    const { channels } = await sharp(await taken({}, { at: Date.UTC(2026, 6, 1, hour, 0, 0), zone: 'UTC' })).stats();
    return channels.reduce((sum, channel) => sum + channel.mean, 0) / channels.length;
  };
  expect(await brightness(13)).toBeGreaterThan((await brightness(1)) + 60);
});

test('every size that a configuration allows can be drawn', async () => {
  for (const [width, height] of [
    [64, 64],
    [64, 1200],
    [1200, 64],
  ] as const) {
    expect(await sharp(await taken({ width, height })).metadata()).toMatchObject({ width, height });
  }
});
