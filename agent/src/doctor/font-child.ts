import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** Draws each of the words in a font, as a process of its own since the library is large: `FONTFILE FAMILY WORD…`, a digest of the pixels a line. */
export async function fontMain([fontfile = '', family = '', ...words]: string[]): Promise<void> {
  for (const text of words) {
    const pixels = await sharp({ text: { text, font: `${family} 40`, fontfile, dpi: 72, rgba: true } })
      .raw()
      .toBuffer();
    process.stdout.write(`${createHash('sha256').update(pixels).digest('hex')}\n`);
  }
}

if (import.meta.main) await fontMain(process.argv.slice(2));
