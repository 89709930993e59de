import { VigieError } from '@vigie/shared/kit/errors';
import sharp from 'sharp';
import { type Canvas, type Size, toCanvas } from './canvas.ts';
import type { DecodeLimits } from './decode.ts';
import type { StepConfig } from './step-config.ts';

type WatermarkStep = Extract<StepConfig, { step: 'watermark' }>;

/** The watermark as it is laid over the picture: its share of the width, its opacity, never larger than the picture. */
export async function readWatermark(step: WatermarkStep, picture: Size, limits: DecodeLimits): Promise<Canvas> {
  const width = Math.max(1, Math.round(picture.width * step.width));
  try {
    const mark = sharp(step.file, { limitInputPixels: limits.pixelsMax })
      .timeout({ seconds: limits.seconds })
      .autoOrient()
      .resize({ width, height: picture.height, fit: 'inside' })
      .toColourspace('srgb')
      .ensureAlpha();
    return faded(await toCanvas(mark), step.opacity);
  } catch (error) {
    throw new VigieError('step', `read the watermark ${JSON.stringify(step.file)}: it is no picture that can be read`, {
      cause: error,
      hint: 'Correct the step "watermark" of this source: a PNG, JPEG, WebP or SVG file is allowed.',
    });
  }
}

/** The same pixels with that share of their alpha. */
function faded(canvas: Canvas, opacity: number): Canvas {
  const pixels = Buffer.from(canvas.pixels);
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = Math.round((pixels[i] as number) * opacity);
  return { ...canvas, pixels };
}
