import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { decode } from '@vigie/agent/process/decode';
import { createPipeline } from '@vigie/agent/process/pipeline';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder } from '../../support/temp.ts';
import { jobOf, processed } from './job.ts';

/** A PNG of zeros, 48 bits of colour a pixel and `height` a multiple of 100: small as a file, large as a picture. */
function blankPng(width: number, height: number): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(content.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([16, 2], 8);
  // A hundred rows are compressed once and repeated: blocks that end in a full flush can follow one another.
  const bytes = (1 + width * 6) * height;
  const part = deflateRawSync(Buffer.alloc(bytes / (height / 100)), { level: 1, finishFlush: constants.Z_FULL_FLUSH });
  const adler = Buffer.alloc(4);
  adler.writeUInt16BE(bytes % 65_521, 0);
  adler.writeUInt16BE(1, 2);
  const parts = [Buffer.from([0x78, 0x01]), ...Array(height / 100).fill(part), Buffer.from([0x03, 0x00]), adler];
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', Buffer.concat(parts)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function expectUnsound(bytes: Buffer, name = 'a.jpg', reason = /./): Promise<void> {
  const outcome = await processed(bytes, { name });
  expect(outcome.sound).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  expect(outcome.original).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
  expect(outcome.result).toMatchObject({ file: outcome.job.file, size: bytes.length, sha256: sha256(bytes) });
  expect((await readFile(outcome.job.file)).equals(bytes)).toBe(true);
}

describe('a torn JPEG is not sound, and its digest and size are told', () => {
  test.each([false, true])('cut at any place (progressive: %s)', async (progressive) => {
    const whole = await sharp(await jpegPicture({ exif: { IFD0: { Make: 'Vigie' } } }))
      .keepMetadata()
      .jpeg({ progressive, quality: 80 })
      .toBuffer();
    expect((await processed(whole)).sound.ok).toBe(true);
    const cuts = new Set([
      1,
      2,
      3,
      4,
      10,
      20,
      100,
      200,
      400,
      600,
      700,
      whole.length - 1,
      whole.length - 2,
      whole.length - 3,
    ]);
    for (let i = 1; i < 24; i++) cuts.add(Math.floor((whole.length * i) / 24));
    for (const cut of cuts) await expectUnsound(whole.subarray(0, cut));
  });

  test('filled up with zeros to its size, as after a power cut', async () => {
    const whole = await jpegPicture();
    // The grey picture's zeros decode as grey without a complaint.
    for (const jpeg of [whole, await sharp(whole).greyscale().jpeg().toBuffer()]) {
      for (const share of [0.3, 0.6, 0.95, 0.999]) {
        const torn = Buffer.alloc(jpeg.length);
        jpeg.copy(torn, 0, 0, Math.floor(jpeg.length * share));
        await expectUnsound(torn);
      }
    }
  });

  test('with an end marker after what is left, also where little is missing of a large picture', async () => {
    const [small, large] = [await jpegPicture(), await jpegPicture({ width: 1800, height: 1203 })];
    const cuts = [0.5, 0.9, 0.995].map((share) => small.subarray(0, Math.floor(small.length * share)));
    for (const left of [...cuts, large.subarray(0, -100), large.subarray(0, -2000)]) {
      await expectUnsound(Buffer.concat([left, Buffer.from([0xff, 0xd9])]));
    }
  });

  test('it shows what is there', async () => {
    const whole = await jpegPicture({ width: 800, height: 600 });
    const { preview } = await processed(whole.subarray(0, whole.length / 2));
    expect((await sharp(preview as Buffer).metadata()).width).toBe(480);
  });
});

describe('harmless oddities of sound JPEGs', () => {
  test('bytes after the end marker', async () => {
    const mutated = Buffer.concat([await jpegPicture(), Buffer.alloc(5000, 0x5a)]);
    const outcome = await processed(mutated);
    expect(outcome.sound).toEqual({ ok: true });
    expect(outcome.original).toMatchObject({ size: mutated.length, sha256: sha256(mutated) });
  });

  test('a few bytes too many before a marker', async () => {
    for (const progressive of [false, true]) {
      const jpeg = await sharp(await jpegPicture())
        .jpeg({ progressive })
        .toBuffer();
      const odd = Buffer.concat([jpeg.subarray(0, -2), Buffer.from([1, 2, 3]), jpeg.subarray(-2)]);
      expect((await processed(odd)).sound).toEqual({ ok: true });
    }
  });
});

describe('other files', () => {
  test.each(['a.jpg', 'a.nef', 'a.xmp', 'a.bin'])('an empty %s is not sound', (name) =>
    expectUnsound(Buffer.alloc(0), name, /empty/),
  );

  test('text under a picture’s name is not sound', async () => {
    for (const name of ['a.jpg', 'a.NEF', 'a.png', 'a.cr3']) {
      await expectUnsound(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), name, /known picture format/);
    }
  });

  test('a sidecar and an unknown file are kept as they are', async () => {
    for (const name of ['a.xmp', 'a.dat', 'a.mp4']) {
      expect(await processed(Buffer.from('anything'), { name })).toMatchObject({ sound: { ok: true }, preview: null });
    }
  });

  test('half a PNG, WebP and TIFF are not sound', async () => {
    const picture = sharp(await jpegPicture());
    for (const [name, bytes] of [
      ['a.png', await picture.clone().png().toBuffer()],
      ['a.webp', await picture.clone().webp().toBuffer()],
      ['a.tif', await picture.clone().tiff().toBuffer()],
    ] as const) {
      await expectUnsound(bytes.subarray(0, Math.floor(bytes.length / 2)), name);
    }
  });

  test('a RAW file is sound when all that its tags name is there', async () => {
    // A TIFF is what NEF, ARW and DNG files are made of.
    const raw = await sharp(await jpegPicture({ width: 640, height: 480 }))
      .tiff({ compression: 'none' })
      .toBuffer();
    expect((await processed(raw, { name: 'a.NEF' })).sound).toEqual({ ok: true });
    expect((await processed(raw, { name: 'a.NEF' })).original.kind).toBe('raw');
    await expectUnsound(raw.subarray(0, Math.floor(raw.length * 0.7)), 'a.NEF', /torn|outside/);
    const jpegMade = await sharp(await jpegPicture())
      .tiff({ compression: 'none' })
      .toBuffer();
    await expectUnsound(jpegMade.subarray(0, 6), 'a.dng');
  });

  test('a CR3 file is sound when its boxes are complete', async () => {
    const box = (type: string, length: number) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32BE(length, 0);
      bytes.write(type, 4, 'latin1');
      return bytes;
    };
    const first = box('ftyp', 24);
    first.write('crx ', 8, 'latin1');
    const cr3 = Buffer.concat([first, box('moov', 4000), box('mdat', 20_000)]);
    expect((await processed(cr3, { name: 'a.CR3' })).sound).toEqual({ ok: true });
    await expectUnsound(cr3.subarray(0, 15_000), 'a.CR3', /torn/);
  });
});

describe('limits', () => {
  test('a flood of pixels is refused at once', async () => {
    const flood = blankPng(16_000, 16_000);
    expect(flood.length).toBeLessThan(10_000_000);
    const begin = performance.now();
    const { sound } = await processed(flood, { name: 'a.png' });
    expect(sound).toEqual({ ok: false, reason: expect.stringContaining('pixels') });
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test('so is one that a JPEG’s header claims, and a large progressive one', async () => {
    const claimed = Buffer.from(await jpegPicture());
    const frame = claimed.indexOf(Buffer.from([0xff, 0xc0]));
    claimed.writeUInt16BE(40_000, frame + 5);
    claimed.writeUInt16BE(40_000, frame + 7);
    await expectUnsound(claimed, 'a.jpg', /40000 × 40000/);
    const progressive = await sharp(await jpegPicture())
      .jpeg({ progressive: true })
      .toBuffer();
    const limits = { progressivePixelsMax: 10_000 };
    expect((await processed(progressive, { limits })).sound).toMatchObject({
      reason: expect.stringContaining('progressive'),
    });
  });

  test('a decoding that takes too long is ended', async () => {
    await expect(
      decode(blankPng(30_000, 30_000), { pixelsMax: 900_000_000, progressivePixelsMax: 0, seconds: 1 }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('within 1 s'),
    });
  });
});

describe('errors of the machine are thrown, to be tried again', () => {
  test('a file that is gone', async () => {
    const job = await jobOf(await jpegPicture());
    const operation = createPipeline({ steps: [] });
    await expect(operation({ ...job, file: `${job.file}x` })).rejects.toMatchObject({ code: 'io', retryable: true });
  });

  test('a link and a FIFO are not followed and do not block', async () => {
    const folder = await tempFolder();
    const job = await jobOf(await jpegPicture());
    const operation = createPipeline({ steps: [] });
    await symlink(job.file, join(folder, 'link.jpg'));
    execFileSync('mkfifo', [join(folder, 'fifo.jpg')]);
    await expect(operation({ ...job, file: join(folder, 'link.jpg') })).rejects.toThrow();
    await expect(operation({ ...job, file: join(folder, 'fifo.jpg') })).rejects.toMatchObject({ code: 'not-a-file' });
  });
});
