import { VigieError } from '@vigie/shared/kit/errors';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import { drawOn, overlay, type Size, toCanvas } from './canvas.ts';
import type { DecodeLimits } from './decode.ts';
import { copyMetadata } from './jpeg-metadata.ts';
import { drawLegend, type LegendWords } from './legend.ts';
import type { DecodableFormat } from './soundness.ts';
import type { ClaimedFile } from './source-file.ts';
import type { StepConfig } from './step-config.ts';
import { readWatermark } from './watermark.ts';

const QUALITY = 90;

/** A picture on its way: what is not yet done costs no memory. What is laid over it goes onto the next drawing of it. */
type Draft = { open: () => Sharp; width: number; height: number; overlays: OverlayOptions[] };
type Place = { words: LegendWords; limits: DecodeLimits };

/**
 * Carries out the steps in their order, on the picture as it is seen: EXIF's orientation is applied before the first one and reset in
 * the result, so a legend at the bottom is at the bottom. The result has the original's format and its metadata.
 */
export async function applySteps(
  claimed: ClaimedFile,
  format: DecodableFormat,
  steps: StepConfig[],
  place: Place,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { limits } = place;
  // A JPEG's pixels keep their own colour space, and its profile is copied; other formats pass through sRGB.
  const options = { limitInputPixels: limits.pixelsMax, sequentialRead: true, ignoreIcc: format === 'jpg' };
  const open = () => sharp(claimed.path, options).autoOrient().timeout({ seconds: limits.seconds });
  const { autoOrient, space, channels } = await sharp(claimed.path, options).metadata();
  let draft: Draft = { open: () => open().toColourspace('srgb'), ...autoOrient, overlays: [] };
  // Grey and CMYK: what is laid over may bring colour.
  if (space !== 'srgb' || channels !== 3) draft = await drawn(draft.open(), limits);
  for (const step of steps) {
    signal?.throwIfAborted();
    draft = await applyStep(draft, step, place);
  }
  signal?.throwIfAborted();
  return format === 'jpg' ? encodeJpeg(claimed, draft) : encodeOver(open(), format, draft);
}

async function applyStep(draft: Draft, step: StepConfig, { words, limits }: Place): Promise<Draft> {
  switch (step.step) {
    case 'resize': {
      const { open } = await settled(draft, limits);
      return drawn(resized(open(), step), limits);
    }
    case 'rotate': {
      // The picture is upright already.
      if (step.degrees === 'exif') return draft;
      // sharp would turn before it applies EXIF's orientation where both are asked for at once.
      const { open } = await drawn(flat(draft), limits);
      return drawn(open().rotate(step.degrees), limits);
    }
    case 'crop': {
      const { open } = await settled(draft, limits);
      return drawn(open().extract(cut(draft, step)), limits);
    }
    case 'legend':
      return { ...draft, overlays: [...draft.overlays, overlay(await drawLegend(step, words, draft), step.gravity)] };
    case 'watermark':
      return {
        ...draft,
        overlays: [...draft.overlays, overlay(await readWatermark(step, draft, limits), step.gravity)],
      };
  }
}

/** What is laid over the picture becomes a part of it: sharp itself would change the size first. */
async function settled(draft: Draft, limits: DecodeLimits): Promise<Draft> {
  return draft.overlays.length === 0 ? draft : drawn(flat(draft), limits);
}

const flat = ({ open, overlays }: Draft): Sharp => (overlays.length === 0 ? open() : open().composite(overlays));

async function drawn(picture: Sharp, limits: DecodeLimits): Promise<Draft> {
  const canvas = await toCanvas(picture);
  return { open: () => drawOn(canvas, limits), width: canvas.width, height: canvas.height, overlays: [] };
}

type Step<Name extends StepConfig['step']> = Extract<StepConfig, { step: Name }>;

/** `inside` never enlarges; the other fits give exactly the size that is asked for. */
function resized(picture: Sharp, { width, height, fit }: Step<'resize'>): Sharp {
  if (width === undefined && height === undefined) return picture;
  return picture.resize({ width, height, fit, withoutEnlargement: fit === 'inside', background: '#000000' });
}

/** The part of the wanted cut that lies within the picture. */
function cut(canvas: Size, { left, top, width, height }: Step<'crop'>) {
  if (left >= canvas.width || top >= canvas.height) {
    const has = `the picture has ${canvas.width} × ${canvas.height} pixels`;
    throw new VigieError('step', `crop at "${left}, ${top}": ${has}, the corner should be within`, {
      hint: 'Correct the step "crop" of this source; steps count after those before them.',
    });
  }
  return { left, top, width: Math.min(width, canvas.width - left), height: Math.min(height, canvas.height - top) };
}

async function encodeJpeg(claimed: ClaimedFile, draft: Draft): Promise<Buffer> {
  const jpeg = await flat(draft).flatten({ background: '#ffffff' }).jpeg({ quality: QUALITY }).toBuffer();
  return copyMetadata(claimed.handle, jpeg, draft);
}

/** The original, with other pixels laid over all of its own: its metadata goes the whole way. */
async function encodeOver(original: Sharp, format: Exclude<DecodableFormat, 'jpg'>, draft: Draft): Promise<Buffer> {
  const { pixels, width, height, channels } = await toCanvas(flat(draft));
  const over = original
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: pixels, raw: { width, height, channels }, blend: 'source' }])
    .keepMetadata();
  return over.toFormat(format, { quality: QUALITY }).toBuffer();
}
