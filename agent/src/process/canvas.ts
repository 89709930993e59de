import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import type { DecodeLimits } from './decode.ts';

/** A picture between two steps: upright, eight bits a channel, `channels` 3 (RGB) or 4 (with alpha). */
export type Canvas = Size & { pixels: Buffer; channels: 3 | 4 };

/** In pixels. */
export type Size = { width: number; height: number };

/** Opens a canvas for one step. */
export function drawOn({ pixels, width, height, channels }: Canvas, limits: DecodeLimits): Sharp {
  return sharp(pixels, { raw: { width, height, channels }, limitInputPixels: limits.pixelsMax }).timeout({
    seconds: limits.seconds,
  });
}

/** What a step has drawn. */
export async function toCanvas(picture: Sharp): Promise<Canvas> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  if (info.channels === 3 || info.channels === 4) {
    return { pixels: data, width: info.width, height: info.height, channels: info.channels };
  }
  // Grey, with or without alpha: what follows may bring colour.
  const { channels } = info;
  const wide = channels === 1 ? 3 : 4;
  const pixels = Buffer.alloc(info.width * info.height * wide);
  for (let from = 0, to = 0; from < data.length; from += channels, to += wide) {
    pixels.fill(data[from] as number, to, to + 3);
    if (wide === 4) pixels[to + 3] = data[from + 1] as number;
  }
  return { pixels, width: info.width, height: info.height, channels: wide };
}

/** A canvas as something to lay over another one. */
export function overlay({ pixels, width, height, channels }: Canvas, gravity: string): OverlayOptions {
  return { input: pixels, raw: { width, height, channels }, gravity };
}
