import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createMemoryBooks } from '@vigie/agent/store/endpoint-books-memory';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { describe, expect } from 'vitest';
import { line } from './line.ts';
import { memoryFolder, yard } from './yard.ts';

export function duplicateLines(): void {
  describe('I. Duplicates', () => {
    line('I01', 'files of the same name are not overwritten by default', () => {
      for (const profile of ['aem', 'camera'] as const) {
        expect(watchedFolderConfig.parse({ profile }).overwriteDuplicates).toBe(false);
      }
    });

    line('I02', 'where it is wanted, files in result and preserve are replaced', async () => {
      const made = await yard({ overwriteDuplicates: true }, { books: createMemoryBooks() });
      for (const content of ['first', 'second', 'third']) {
        await made.drop('same', content);
        await made.settle();
      }
      expect(await made.kept('result')).toEqual({ same: 'third' });
      expect(await made.kept('preserve')).toEqual({ same: 'third' });
    });

    line('I03', 'else a numeric suffix stands before the extension', async () => {
      const made = await yard({ hexadecimalNames: false });
      for (const content of ['first', 'second', 'third']) {
        await made.drop('a.jpg', content);
        await made.settle();
      }
      const all = { 'a.jpg': 'first', 'a_1.jpg': 'second', 'a_2.jpg': 'third' };
      expect(await made.kept('result')).toEqual(all);
      expect(await made.kept('preserve')).toEqual(all);
    });

    line('I04', 'folders are treated like files', async () => {
      for (const [overwriteDuplicates, kept] of [
        [false, { 'order/a': 'first', 'order_1/a': 'second' }],
        [true, { 'order/a': 'second' }],
      ] as const) {
        const made = await yard({ overwriteDuplicates, hexadecimalNames: false }, { books: createMemoryBooks() });
        for (const content of ['first', 'second']) {
          await made.put('input/order/a', content);
          await made.settle();
        }
        expect(await made.kept('result')).toEqual(kept);
        expect(await made.kept('preserve')).toEqual(kept);
      }
    });

    line('I05', 'what is in failure is never overwritten', async () => {
      const operation = async () => ({ sound: { ok: false as const, reason: 'no' }, results: [] });
      const made = await yard({ overwriteDuplicates: true }, { operation });
      for (const content of ['first', 'second']) {
        await made.drop('same', content);
        await made.put('input/order/a', content);
        await made.settle();
      }
      expect(await made.kept('failure')).toEqual({
        same: 'first',
        same_1: 'second',
        'order/a': 'first',
        'order_1/a': 'second',
      });
    });

    line('I06', 'sixty drops of one name are sixty results; the five-thousandth needs few questions', async () => {
      const made = await yard({ hexadecimalNames: false });
      for (let i = 0; i < 60; i++) {
        await made.drop('same', `${i}`);
        await made.ripeScan();
        await made.engine.drain();
      }
      const numbers = Object.values(await made.kept('result')).map(Number);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));

      let looks = 0;
      const disk: Disk = {
        ...quickDisk,
        look(path) {
          if (path.includes('/result/')) looks += 1;
          return quickDisk.look(path);
        },
      };
      const many = await yard({ hexadecimalNames: false, preserve: null }, { disk, folder: await memoryFolder() });
      for (let i = 0; i < 5_000; i++) writeFileSync(many.at(`result/same${i === 0 ? '' : `_${i}`}`), '');
      looks = 0;
      await many.drop('same', 'one more');
      await many.settle();
      expect(await readFile(many.at('result/same_5000'), 'utf8')).toBe('one more');
      expect(looks).toBeLessThan(50);
    });

    line('I07', 'two that take one name at the same moment have two names', async () => {
      const made = await yard({
        concurrency: 8,
        batchSize: 40,
        result: 'all',
        preserve: 'all',
        hexadecimalNames: false,
      });
      const names = Array.from({ length: 40 }, (_, i) => `f${i}`);
      await Promise.all(names.map((name) => writeFile(made.at(`input/${name}`), name)));
      await made.settle();
      expect(Object.values(await made.kept('result')).sort()).toEqual([...names].sort());
      expect(Object.values(await made.kept('preserve')).sort()).toEqual([...names].sort());
    });
  });
}
