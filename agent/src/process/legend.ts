import { VigieError } from '@vigie/shared/kit/errors';
import { printable } from '@vigie/shared/kit/names';
import { localTime } from '@vigie/shared/kit/zone';
import sharp from 'sharp';
import { type Canvas, type Size, toCanvas } from './canvas.ts';
import { FONT_FAMILY, FONT_FILE } from './font.ts';
import type { StepConfig } from './step-config.ts';

/** What the words in braces stand for; `capturedAt` in ms since 1970. */
export type LegendWords = { source: string; name: string; zone: string; capturedAt: number };
type LegendStep = Extract<StepConfig, { step: 'legend' }>;

/** The text of a legend: {time}, {date}, {source} and {name} replaced, other braces left. */
export function legendText(template: string, { source, name, zone, capturedAt }: LegendWords): string {
  const t = localTime(capturedAt, zone);
  const two = (n: number) => String(n).padStart(2, '0');
  const words: Record<string, string> = {
    time: `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`,
    date: `${t.year}-${two(t.month)}-${two(t.day)}`,
    source,
    name: printable(name),
  };
  return template.replace(/\{(time|date|source|name)\}/g, (_, key: string) => words[key] as string);
}

/** A legend as it is laid over the picture: in the shipped font, never larger than the picture. */
export async function drawLegend(step: LegendStep, words: LegendWords, picture: Size): Promise<Canvas> {
  const text = legendText(step.text, words);
  // Text that fills the picture's area is as large as text may be: the rest would only take memory.
  const largest = Math.floor(Math.sqrt((picture.width * picture.height) / (0.75 * text.length)));
  const size = Math.max(1, Math.min(step.size, largest));
  const padding = Math.min(Math.round(size * 0.4), Math.floor((Math.min(picture.width, picture.height) - 1) / 2));
  const [width, height] = [picture.width - 2 * padding, picture.height - 2 * padding];
  try {
    const drawn = await sharp({
      text: {
        text: `<span foreground="${step.colour}">${escaped(text)}</span>`,
        font: `${FONT_FAMILY} ${size}`,
        fontfile: FONT_FILE,
        dpi: 72,
        rgba: true,
      },
    })
      .resize({ width, height, fit: 'inside', withoutEnlargement: true })
      .png()
      .toBuffer();
    const background = step.background ?? '#00000000';
    const boxed = sharp(drawn).extend({ top: padding, bottom: padding, left: padding, right: padding, background });
    return await toCanvas(step.background === null ? boxed : boxed.flatten({ background }));
  } catch (error) {
    throw new VigieError('step', `draw the legend ${JSON.stringify(step.text)}: it could not be drawn`, {
      cause: error,
      hint: 'Correct the step "legend" of this source.',
    });
  }
}

/** Text for Pango's markup; what XML does not allow is replaced. */
function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (control) => (control === '\n' || control === '\t' ? control : '\ufffd'))
    .replace(/[&<>"']/g, (character) => names[character] as string);
}
