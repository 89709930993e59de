import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { legendText } from '@vigie/agent/process/legend';
import { nameOf } from '@vigie/shared/kit/names';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { processed, steps } from './job.ts';

const run = promisify(execFile);
const blank = (width = 640, height = 360) =>
  sharp({ create: { width, height, channels: 3, background: '#00ff00' } })
    .jpeg({ quality: 95 })
    .toBuffer();

/** The pixels that a legend has changed: white ones are text, black ones its background. */
async function drawn(text: string, options: object = {}) {
  const { result } = await processed(await blank(), { steps: steps({ step: 'legend', text, size: 40, ...options }) });
  const { data, info } = await sharp(await readFile(result.file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  let [white, black, top, left] = [0, 0, info.height, info.width];
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i] as number, data[i + 1] as number, data[i + 2] as number];
    if (r < 80 && g > 180 && b < 80) continue;
    if (r > 180 && b > 180) white++;
    if (r < 80 && g < 80 && b < 80) black++;
    top = Math.min(top, Math.floor(i / 3 / info.width));
    left = Math.min(left, (i / 3) % info.width);
  }
  return { white, black, top, left };
}

describe('the text of a legend', () => {
  const words = { source: 'summit', name: 'a.jpg', zone: 'Asia/Kathmandu', capturedAt: Date.UTC(2026, 4, 3, 20, 0, 0) };

  test('has its words replaced, in the zone of the source', () => {
    expect(legendText('{source} {date} {time} {name} {other}', words)).toBe('summit 2026-05-04 01:45:00 a.jpg {other}');
  });

  test('shows bytes that are no text as such', () => {
    expect(legendText('{name}', { ...words, name: nameOf(Buffer.from([0x61, 0xff, 0x0a])) })).toBe('a\\xff\\x0a');
  });
});

test('the legend stands where it should, in its colours', async () => {
  const southwest = await drawn('Hello');
  expect(southwest.left).toBe(0);
  expect(southwest.top).toBeGreaterThan(250);
  expect(southwest.white).toBeGreaterThan(200);
  expect(southwest.black).toBeGreaterThan(southwest.white);
  expect((await drawn('Hello', { gravity: 'north' })).top).toBe(0);
  expect((await drawn('Hello', { background: null })).black).toBeLessThan(100);
});

test('a coloured legend on a grey picture is coloured', async () => {
  const grey = await sharp(await blank())
    .greyscale()
    .jpeg()
    .toBuffer();
  const legend = { step: 'legend', text: 'Hello', size: 100, colour: '#ff0000', background: null };
  const { result } = await processed(grey, { steps: steps(legend) });
  const { channels } = await sharp(await readFile(result.file)).stats();
  expect(channels[0]?.max).toBeGreaterThan(200);
  expect(channels[1]?.min).toBeLessThan(60);
});

test('markup and control characters in a name are drawn as text', async () => {
  for (const text of ['<b>& "x" \'y\'</b>', '</span>', 'a\u0000b\u001b[31m', '\ud800', '&#0;', '💥\u202e']) {
    expect((await drawn(text)).white).toBeGreaterThan(0);
  }
});

test('a text that is far too long or too large still fits', async () => {
  const name = `${'x'.repeat(240)}.jpg`;
  const legend = { step: 'legend', text: `{name} `.repeat(60), size: 1000 };
  for (const picture of [await blank(640, 360), await blank(64, 2000), await blank(8, 8), await blank(1, 1)]) {
    const outcome = await processed(picture, { name, steps: steps(legend) });
    const { width, height } = await sharp(picture).metadata();
    expect(await sharp(await readFile(outcome.result.file)).metadata()).toMatchObject({ width, height });
  }
});

test('a machine without any font draws the shipped one, not boxes', async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'fonts.conf'), '<?xml version="1.0"?><fontconfig></fontconfig>');
  const legend = new URL('../../../agent/src/process/legend.ts', import.meta.url).href;
  const script = `
    const { drawLegend } = await import(${JSON.stringify(legend)});
    const words = { source: 's', name: 'n', zone: 'UTC', capturedAt: 0 };
    const sizes = [];
    for (const text of ['i', 'W', '8', 'é', 'ж']) {
      const step = { step: 'legend', text, size: 60, colour: '#ffffff', background: '#000000', gravity: 'south' };
      const { pixels, width, height } = await drawLegend(step, words, { width: 400, height: 400 });
      let ink = 0;
      for (let i = 0; i < pixels.length; i += 3) if (pixels[i] > 128) ink++;
      sizes.push(ink + ' ' + width + ' ' + height);
    }
    process.stdout.write(JSON.stringify(sizes));`;
  const bare = { PATH: process.env.PATH, HOME: join(folder, 'home'), FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  const draw = async (env: NodeJS.ProcessEnv) =>
    JSON.parse(
      (await run(process.execPath, ['--input-type=module', '-e', script], { env, timeout: 30_000 })).stdout,
    ) as string[];
  const sizes = await draw(bare);
  expect(new Set(sizes).size).toBe(5);
});
