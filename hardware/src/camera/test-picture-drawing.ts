import { writeFile } from 'node:fs/promises';
import { type LocalTime, localTime, offsetMs } from '@vigie/shared/kit/zone';
import sharp from 'sharp';
import { padJpeg } from './jpeg-padding.ts';
import { scene } from './scene.ts';
import type { TestPicture } from './test-picture.ts';

/** Draws one test picture into its file. It loads libvips, so a program that is to stay small calls it in another process. */
export async function drawTestPicture(picture: TestPicture, signal?: AbortSignal): Promise<void> {
  const { path, bytes, source, at, sequence } = picture;
  signal?.throwIfAborted();
  const jpeg = padJpeg(await render(picture), bytes, `${source} ${at} ${sequence}`);
  signal?.throwIfAborted();
  await writeFile(path, jpeg, { flag: 'wx' });
}

async function render({ width, height, fontFile, at, zone, source, sequence }: TestPicture): Promise<Buffer> {
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
