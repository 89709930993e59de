import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createPipeline } from '@vigie/agent/process/pipeline';
import { nameOf } from '@vigie/shared/kit/names';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { CAPTURED_AT, jobOf, processed, steps } from './job.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a sound picture without steps', () => {
  test('is its own result, with digest, size, kind and a preview of at most 20 KB', async () => {
    const jpeg = await jpegPicture({ width: 1600, height: 1200 });
    const outcome = await processed(jpeg);
    const figures = { size: jpeg.length, sha256: sha256(jpeg) };
    expect(outcome.sound).toEqual({ ok: true });
    expect(outcome.original).toEqual({ ...figures, kind: 'jpg' });
    expect(outcome.result).toEqual({ file: outcome.job.file, name: outcome.job.name, ...figures });
    expect(outcome.capturedAt).toBe(CAPTURED_AT);
    expect(outcome.exif).toMatchObject({ width: 1600, height: 1200 });
    expect(await readdir(outcome.job.workFolder)).toEqual([]);
    const preview = outcome.preview as Buffer;
    expect(preview.length).toBeLessThanOrEqual(20 * 1024);
    const { width, height, format, exif } = await sharp(preview).metadata();
    expect(format).toBe('jpeg');
    expect(exif).toBeUndefined();
    expect((width as number) / (height as number)).toBeCloseTo(4 / 3, 1);
  });

  test('may have a name that is not UTF-8', async () => {
    const jpeg = await jpegPicture();
    const name = nameOf(Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67]));
    const outcome = await processed(jpeg, { name, steps: steps({ step: 'resize', width: 100 }) });
    expect(outcome.sound.ok).toBe(true);
    expect(outcome.result.name).toBe(name);
    expect((await readdir(outcome.job.workFolder, { encoding: 'buffer' }))[0]).toEqual(
      Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67]),
    );
  });

  test.each([
    ['png', (s: Sharp) => s.png()],
    ['webp', (s: Sharp) => s.webp()],
    ['tif', (s: Sharp) => s.tiff()],
    ['avif', (s: Sharp) => s.avif({ effort: 0 })],
    ['grey.jpg', (s: Sharp) => s.greyscale().jpeg()],
    ['cmyk.jpg', (s: Sharp) => s.toColourspace('cmyk').jpeg()],
    ['alpha.png', (s: Sharp) => s.ensureAlpha(0.5).png()],
    ['sixteen.png', (s: Sharp) => s.toColourspace('rgb16').png()],
  ])('may be a %s', async (name, format) => {
    const bytes = await format(sharp(await jpegPicture())).toBuffer();
    const plain = await processed(bytes, { name });
    expect(plain.sound).toEqual({ ok: true });
    expect(plain.preview?.length).toBeGreaterThan(500);
    const legend = steps({ step: 'legend', text: '{time}' }, { step: 'resize', width: 90 });
    const stepped = await processed(bytes, { name, steps: legend });
    expect((await sharp(await readFile(stepped.result.file)).metadata()).width).toBe(90);
    expect(stepped.result.sha256).toBe(sha256(await readFile(stepped.result.file)));
  });
});

describe('EXIF orientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i: the preview is upright', async (orientation) => {
    // Red above left, green above right, blue below left, white below right, as stored.
    const stored = await sharp({ create: { width: 160, height: 80, channels: 3, background: '#ffffff' } })
      .composite([
        { input: { create: { width: 80, height: 40, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
        { input: { create: { width: 80, height: 40, channels: 3, background: '#00ff00' } }, left: 80, top: 0 },
        { input: { create: { width: 80, height: 40, channels: 3, background: '#0000ff' } }, left: 0, top: 40 },
      ])
      .withMetadata({ orientation })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { preview } = await processed(stored);
    const upright = await sharp(stored).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const seen = await sharp(preview as Buffer)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([seen.info.width, seen.info.height]).toEqual([upright.info.width, upright.info.height]);
    for (const [x, y] of [
      [0.25, 0.25],
      [0.75, 0.25],
      [0.25, 0.75],
      [0.75, 0.75],
    ] as const) {
      const at = 3 * (Math.floor(y * seen.info.height) * seen.info.width + Math.floor(x * seen.info.width));
      for (const i of [0, 1, 2]) {
        expect(Math.abs((seen.data[at + i] as number) - (upright.data[at + i] as number))).toBeLessThan(40);
      }
    }
  });
});

describe('the capture time', () => {
  const withTime = (IFD2: Record<string, string>) => jpegPicture({ exif: { IFD2 } });

  test('is EXIF’s, in the zone that EXIF states', async () => {
    const jpeg = await withTime({ DateTimeOriginal: '2025:07:01 12:00:00', OffsetTimeOriginal: '-03:00' });
    expect((await processed(jpeg)).capturedAt).toBe(Date.UTC(2025, 6, 1, 15, 0, 0));
  });

  test('is EXIF’s in the zone of the source where EXIF states none', async () => {
    const jpeg = await withTime({ DateTimeOriginal: '2025:07:01 12:00:00' });
    expect((await processed(jpeg)).capturedAt).toBe(Date.UTC(2025, 6, 1, 10, 0, 0));
    expect((await processed(jpeg, { zone: 'Asia/Kathmandu' })).capturedAt).toBe(Date.UTC(2025, 6, 1, 6, 15, 0));
  });

  test.each([
    '1970:01:01 00:00:00',
    '0000:00:00 00:00:00',
    '2025:02:31 10:00:00',
    '2025:13:01 10:00:00',
    '2025:01:01 25:00:00',
    'yesterday          ',
  ])('is the job’s where EXIF says %s', async (DateTimeOriginal) => {
    expect((await processed(await withTime({ DateTimeOriginal }))).capturedAt).toBe(CAPTURED_AT);
  });
});

test('EXIF fields that the dashboard shows are short and carry no control characters', async () => {
  const exif = {
    IFD0: { Make: `A\u001b[31m${'b'.repeat(500)}`, Model: '<img onerror=x>' },
    IFD2: { ExposureTime: '1/250' },
  };
  const shown = (await processed(await jpegPicture({ exif }))).exif;
  expect(String(shown.make).length).toBeLessThan(200);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is what is looked for.
  expect(String(shown.make)).not.toMatch(/[\u0000-\u001f]/);
  expect(shown).toMatchObject({ model: '<img onerror=x>', exposure: '1/250 s' });
});

test('an aborted operation throws the reason', async () => {
  const reason = new Error('the source was stopped');
  const operation = createPipeline({ steps: [] });
  await expect(operation(await jobOf(await jpegPicture()), AbortSignal.abort(reason))).rejects.toBe(reason);
  const abort = new AbortController();
  const running = operation(await jobOf(await jpegPicture({ width: 2000, height: 1500 })), abort.signal);
  abort.abort(reason);
  await expect(running).rejects.toBe(reason);
});
