import { printable } from '@vigie/shared/kit/names';
import sharp, { type FailOnOptions } from 'sharp';
import { machineError } from './machine-error.ts';

export type DecodeLimits = { pixelsMax: number; progressivePixelsMax: number; seconds: number };

/** A picture made small: sRGB pixels, three bytes each, not yet turned by EXIF's `orientation` (1 to 8). */
export type Glance = {
  pixels: Buffer;
  pixelsWide: number;
  pixelsHigh: number;
  orientation: number;
  /** Of the whole picture, as stored. */
  width: number;
  height: number;
};

/** Something is wrong with the picture itself; `torn` when a part of it may still be seen. */
export class PictureFault extends Error {
  readonly torn: boolean;
  constructor(message: string, torn: boolean) {
    super(message);
    this.torn = torn;
  }
}

/** The longer edge of a glance, in pixels. */
const EDGE = 480;

/**
 * Decodes every pixel of a picture, line by line, and keeps a glance of it. Throws a PictureFault where one cannot be decoded.
 */
export async function decode(input: string | Buffer, limits: DecodeLimits): Promise<Glance> {
  try {
    return await shrink(input, limits, 'warning');
  } catch (error) {
    if (!isHarmless(error)) throw faultOf(error, limits);
  }
  try {
    return await shrink(input, limits, 'error');
  } catch (error) {
    throw faultOf(error, limits);
  }
}

/** A glance at what can be decoded of a damaged picture; undefined where that is nothing. */
export async function decodeWhatIsThere(input: string | Buffer, limits: DecodeLimits): Promise<Glance | undefined> {
  try {
    return await shrink(input, limits, 'none');
  } catch (error) {
    const fault = faultOf(error, limits);
    if (fault instanceof PictureFault) return undefined;
    throw fault;
  }
}

async function shrink(input: string | Buffer, limits: DecodeLimits, failOn: FailOnOptions): Promise<Glance> {
  const options = { failOn, limitInputPixels: limits.pixelsMax, sequentialRead: true };
  const { width, height, orientation = 1 } = await sharp(input, options).metadata();
  // Taking the whole picture out of itself makes libvips decode it at full size: JPEG's quick shrinking would skip its last lines.
  const { data, info } = await sharp(input, options)
    .extract({ left: 0, top: 0, width, height })
    .resize(EDGE, EDGE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .timeout({ seconds: limits.seconds })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = info.channels === 3 ? data : spread(data, info.channels);
  return { pixels, pixelsWide: info.width, pixelsHigh: info.height, orientation, width, height };
}

/** Grey pixels as three equal bytes. */
function spread(data: Buffer, channels: number): Buffer {
  const pixels = Buffer.alloc((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3)
    pixels.fill(data[from] as number, to, to + 3);
  return pixels;
}

/** Some cameras write a few bytes too many before a marker: every pixel is there all the same. */
function isHarmless(error: unknown): boolean {
  return error instanceof Error && /extraneous bytes before marker/.test(error.message);
}

function faultOf(error: unknown, { pixelsMax, seconds }: DecodeLimits): unknown {
  const machine = machineError(error, 'decode a picture');
  if (machine || !(error instanceof Error)) return machine ?? error;
  const text = error.message;
  if (/exceeds pixel limit/.test(text))
    return new PictureFault(`more pixels than the ${pixelsMax} that are allowed`, false);
  if (/^timeout/.test(text)) return new PictureFault(`it could not be decoded within ${seconds} s`, false);
  const line = text.split('\n').find((part) => part.trim() !== '') ?? 'no reason was given';
  return new PictureFault(`it cannot be decoded: ${printable(line.trim()).slice(0, 300)}`, true);
}
