import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import { type LocalTime, localTime, offsetMs } from '@vigie/shared/kit/zone';
import sharp from 'sharp';
import type { Camera, CaptureRequest } from './camera.ts';
import { padJpeg } from './jpeg-padding.ts';
import { scene } from './scene.ts';

export type TestPictureOptions = {
  /** Pixels. */
  width: number;
  height: number;
  /** The file is padded with noise to at least this size; 0 leaves it as it is. */
  bytes: number;
  /** A TrueType file that holds the family DejaVu Sans: no font of the machine is used. */
  fontFile: string;
  description?: string | undefined;
};

/** A camera without hardware: each capture renders a real JPEG with time, source, sequence and EXIF. */
export function createTestPicture(options: TestPictureOptions): Camera {
  const { bytes, description = 'test picture' } = options;
  let busy = false;
  return {
    description,
    async capture(request, signal) {
      if (busy) {
        throw new VigieError('camera-busy', `capture for ${JSON.stringify(request.source)}: one is running already`, {
          retryable: true,
          hint: 'One capture at a time: a longer interval leaves room.',
        });
      }
      busy = true;
      try {
        signal?.throwIfAborted();
        const jpeg = padJpeg(
          await render(request, options),
          bytes,
          `${request.source} ${request.at} ${request.sequence}`,
        );
        signal?.throwIfAborted();
        const path = join(request.folder, `${String(request.sequence).padStart(6, '0')}.jpg`);
        await writeFile(path, jpeg, { flag: 'wx' });
        return [{ path, extension: 'jpg' }];
      } finally {
        busy = false;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function render(request: CaptureRequest, { width, height, fontFile }: TestPictureOptions): Promise<Buffer> {
  const { at, zone, source, sequence } = request;
  const local = localTime(at, zone);
  const offset = offsetText(offsetMs(at, zone));
  const stamp = { date: `${local.year}-${two(local.month)}-${two(local.day)}`, time: clockText(local) };
  const unit = Math.max(8, Math.round(Math.min(height / 26, width / 40)));
  const legend =
    `<span size="${unit * 2 * 1024}">${stamp.time}</span>  ${stamp.date}  ${zone} (UTC${offset})\n` +
    `${source}  #${sequence}`;
  const text = await sharp({
    text: {
      text: `<span foreground="#ffffff">${legend}</span>`,
      font: `DejaVu Sans ${unit}`,
      fontfile: fontFile,
      dpi: 72,
      rgba: true,
    },
  })
    .resize({
      width: Math.max(1, width - 2 * unit),
      height: Math.max(1, Math.floor(height / 2)),
      fit: 'inside',
      withoutEnlargement: true,
    })
    .extend({ top: unit, bottom: unit, left: unit, right: unit, background: '#00000000' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const band = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${text.info.height}"><rect width="100%" height="100%" fill="#000" opacity=".45"/></svg>`;
  const exifTime = `${local.year}:${two(local.month)}:${two(local.day)} ${stamp.time}`;

  return sharp(Buffer.from(scene({ width, height, local, source })))
    .flatten({ background: '#000000' })
    .composite([
      { input: Buffer.from(band), gravity: 'southwest' },
      { input: text.data, raw: { ...text.info, premultiplied: false }, gravity: 'southwest' },
    ])
    .withExif({
      IFD0: { Make: 'Vigie', Model: 'Test picture', ImageDescription: `${source} #${sequence}`, DateTime: exifTime },
      IFD2: {
        DateTimeOriginal: exifTime,
        DateTimeDigitized: exifTime,
        OffsetTime: offset,
        OffsetTimeOriginal: offset,
        OffsetTimeDigitized: offset,
        ExposureTime: '1/250',
        FNumber: '8/1',
      },
    })
    .jpeg({ quality: 88 })
    .toBuffer();
}

const two = (n: number) => String(n).padStart(2, '0');
const clockText = (t: LocalTime) => `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;

function offsetText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
