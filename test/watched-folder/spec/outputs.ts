import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hexadecimalName } from '@vigie/agent/watched-folder/names';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { describe, expect } from 'vitest';
import { line } from './line.ts';
import { yard } from './yard.ts';

/** An operation that makes files of these names and contents. */
const making =
  (files: Record<string, string>): Operation =>
  async ({ workFolder }) => ({
    sound: { ok: true },
    results: await Promise.all(
      Object.entries(files).map(async ([name, content], index) => {
        const file = join(workFolder, `made${index}`);
        await writeFile(file, content);
        return { file, name };
      }),
    ),
  });

/** What lies in result after one file `source.txt` with these settings. */
async function resultsOf(result: string, files: Record<string, string> = { 'made.pdf': 'made' }, over = {}) {
  const made = await yard({ result, ...over }, { operation: making(files) });
  await made.drop('source.txt', 'source');
  await made.settle();
  return made.kept('result');
}

export function outputLines(): void {
  describe('G. Outputs', () => {
    line('G01', 'one, several or named documents are results; anything else goes to failure', async () => {
      expect(await resultsOf('', { 'one.pdf': '1' })).toEqual({ 'one.pdf': '1' });
      expect(Object.values(await resultsOf('%F', { 'a.pdf': '1', 'b.pdf': '2' }))).toEqual(['1', '2']);
      const folderAsResult: Operation = async ({ workFolder }) => {
        await mkdir(join(workFolder, 'folder'));
        return { sound: { ok: true }, results: [{ file: join(workFolder, 'folder'), name: 'folder' }] };
      };
      const made = await yard({}, { operation: folderAsResult });
      await made.drop('source.txt', 'source');
      await made.settle();
      expect(await made.kept('failure')).toEqual({ 'source.txt': 'source' });
      expect(await made.names('result')).toEqual([]);
    });

    line('G02', 'of named documents the name is the name of the file', async () => {
      expect(await resultsOf('%F/', { 'front.pdf': '1', 'back.pdf': '2' })).toEqual({
        'source/back.pdf': '2',
        'source/front.pdf': '1',
      });
    });

    line('G03', 'other characters than letters, digits and one dot become hexadecimal', async () => {
      expect(hexadecimalName('a b.jpg')).toBe('a20b.jpg');
      expect(hexadecimalName('é.jpg')).toBe('c3a9.jpg');
      expect(hexadecimalName('a.b.jpg')).toBe('a2eb.jpg');
      expect(await resultsOf('', { 'a b-c.pdf': '1' })).toEqual({ 'a20b2dc.pdf': '1' });
    });

    line('G04', 'a pattern that ends with the separator is a folder', async () => {
      expect(await resultsOf('out/%F/')).toEqual({ 'out/source/made.pdf': 'made' });
    });

    line('G05', 'another pattern is the name of the result, be it a file or a folder', async () => {
      expect(await resultsOf('out/%F')).toEqual({ 'out/source': 'made' });
      expect(await resultsOf('out/%F', { 'a.pdf': '1', 'b.pdf': '2' })).toEqual({
        'out/source/a.pdf': '1',
        'out/source/b.pdf': '2',
      });
    });

    line('G06', '%F.%E keeps the source’s name and extension', async () => {
      expect(await resultsOf('%F.%E')).toEqual({ 'source.txt': 'made' });
    });

    line('G07', 'an extension can be forced', async () => {
      expect(await resultsOf('%F.xdp')).toEqual({ 'source.xdp': 'made' });
    });

    line('G08', 'a pattern with the time of day makes names unique without suffixes', async () => {
      const made = await yard({ result: '%F_%h_%m_%s_%l', preserve: null, hexadecimalNames: false });
      for (let drop = 0; drop < 5; drop++) {
        await made.drop('same', `${drop}`);
        await made.settle();
      }
      const names = await made.names('result');
      expect(names).toHaveLength(5);
      for (const name of names) expect(name).toMatch(/^same_\d\d_\d\d_\d\d_\d\d\d$/);
    });

    line('G09', 'what is not in result is in failure', async () => {
      const odd: Operation = async ({ file, name }) => ({
        sound: name.length % 2 === 0 ? { ok: true } : { ok: false, reason: 'odd' },
        results: [{ file, name }],
      });
      const made = await yard({ batchSize: 50 }, { operation: odd });
      const names = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1));
      for (const name of names) await made.drop(name, name);
      await made.settle();
      expect([...(await made.names('result')), ...(await made.names('failure'))].sort()).toEqual(names.sort());
      expect(await made.names('failure')).toHaveLength(10);
    });
  });
}
