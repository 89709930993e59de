import { VigieError } from '@vigie/shared/kit/errors';
import sharp, { type Sharp } from 'sharp';
import { type Canvas, drawOn, overlay, toCanvas } from './canvas.ts';
import type { DecodeLimits, Glance } from './decode.ts';
import { copyMetadata } from './jpeg-metadata.ts';
import { drawLegend, type LegendWords } from './legend.ts';
import type { DecodableFormat } from './soundness.ts';
import type { ClaimedFile } from './source-file.ts';
import type { StepConfig } from './step-config.ts';
import { readWatermark } from './watermark.ts';

const QUALITY = 90;
const EDGE = 480;

/**
 * Carries out the steps in their order, on the picture as it is seen: EXIF's orientation is applied before the first one and reset in
 * the result, so a legend at the bottom is at the bottom. The result has the original's format and its metadata.
 */
export async function applySteps(
  claimed: ClaimedFile,
  format: DecodableFormat,
  steps: StepConfig[],
  words: LegendWords,
  limits: DecodeLimits,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Buffer; glance: Glance }> {
  // A JPEG's pixels keep their own colour space, and its profile is copied; other formats pass through sRGB.
  const options = { limitInputPixels: limits.pixelsMax, sequentialRead: true, ignoreIcc: format === 'jpg' };
  const open = () => sharp(claimed.path, options).autoOrient().timeout({ seconds: limits.seconds });
  const [first, ...others] = steps as [StepConfig, ...StepConfig[]];
  // A picture that is made smaller at once never needs its full size in memory.
  const small = first.step === 'resize';
  let canvas = await toCanvas((small ? resized(open(), first) : open()).toColourspace('srgb'));
  for (const step of small ? others : steps) {
    signal?.throwIfAborted();
    canvas = await applyStep(canvas, step, words, limits);
  }
  signal?.throwIfAborted();
  const { width, height } = canvas;
  const glance = await toCanvas(
    drawOn(canvas, limits)
      .resize(EDGE, EDGE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' }),
  );
  return {
    bytes: await encode(claimed, format, canvas, open, limits),
    glance: {
      pixels: glance.pixels,
      pixelsWide: glance.width,
      pixelsHigh: glance.height,
      orientation: 1,
      width,
      height,
    },
  };
}

async function applyStep(canvas: Canvas, step: StepConfig, words: LegendWords, limits: DecodeLimits): Promise<Canvas> {
  switch (step.step) {
    case 'resize':
      return toCanvas(resized(drawOn(canvas, limits), step));
    case 'rotate':
      // The canvas is upright already.
      return step.degrees === 'exif' ? canvas : toCanvas(drawOn(canvas, limits).rotate(step.degrees));
    case 'crop':
      return toCanvas(drawOn(canvas, limits).extract(cut(canvas, step)));
    case 'legend': {
      const legend = await drawLegend(step, words, canvas);
      return toCanvas(drawOn(canvas, limits).composite([overlay(legend, step.gravity)]));
    }
    case 'watermark': {
      const mark = await readWatermark(step, canvas, limits);
      return toCanvas(drawOn(canvas, limits).composite([overlay(mark, step.gravity)]));
    }
  }
}

type Step<Name extends StepConfig['step']> = Extract<StepConfig, { step: Name }>;

/** `inside` never enlarges; the other fits give exactly the size that is asked for. */
function resized(picture: Sharp, { width, height, fit }: Step<'resize'>): Sharp {
  if (width === undefined && height === undefined) return picture;
  return picture.resize({ width, height, fit, withoutEnlargement: fit === 'inside', background: '#000000' });
}

/** The part of the wanted cut that lies within the picture. */
function cut(canvas: Canvas, { left, top, width, height }: Step<'crop'>) {
  if (left >= canvas.width || top >= canvas.height) {
    const has = `the picture has ${canvas.width} × ${canvas.height} pixels`;
    throw new VigieError('step', `crop at "${left}, ${top}": ${has}, the corner should be within`, {
      hint: 'Correct the step "crop" of this source; steps count after those before them.',
    });
  }
  return { left, top, width: Math.min(width, canvas.width - left), height: Math.min(height, canvas.height - top) };
}

async function encode(
  claimed: ClaimedFile,
  format: DecodableFormat,
  canvas: Canvas,
  open: () => Sharp,
  limits: DecodeLimits,
): Promise<Buffer> {
  if (format === 'jpg') {
    const jpeg = await drawOn(canvas, limits).flatten({ background: '#ffffff' }).jpeg({ quality: QUALITY }).toBuffer();
    return copyMetadata(claimed.handle, jpeg, canvas);
  }
  // The original, with other pixels laid over all of its own: its metadata goes the whole way.
  const { pixels, width, height, channels } = canvas;
  const drawn = open()
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: pixels, raw: { width, height, channels }, blend: 'source' }])
    .keepMetadata();
  return drawn.toFormat(format === 'tiff' ? 'tiff' : format, { quality: QUALITY }).toBuffer();
}
