import { appendFile, chmod, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { type GivenFolderConfig, watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { matcherOf } from '@vigie/agent/watched-folder/glob';
import { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect } from 'vitest';
import { line } from './line.ts';
import { recorded, writeInOrder, yard } from './yard.ts';

const parse = (given: GivenFolderConfig) => watchedFolderConfig.safeParse({ profile: 'aem', ...given });
const MINUTE = 60_000;

/** Which of these names are picked with such lists; an entry that ends with `/` is a folder with one file in it. */
async function picked(given: GivenFolderConfig, entries: readonly string[]): Promise<string[]> {
  const { operation, calls } = recorded();
  const made = await yard({ batchSize: 100, ...given }, { operation });
  for (const entry of entries) await made.put(`input/${entry}${entry.endsWith('/') ? 'inside.txt' : ''}`, entry);
  await made.settle();
  return calls.map(({ name }) => name).sort();
}

export function selectionLines(): void {
  describe('C. Selection', () => {
    line('C01', 'include is * by default, which takes all files and folders, and cannot be empty', async () => {
      expect(parse({}).data?.include).toBe('*');
      expect(parse({ include: '' }).success).toBe(false);
      expect(await picked({}, ['a', 'b.txt', 'folder/'])).toEqual(['a', 'b.txt', 'folder']);
    });

    line('C02', 'exclude is empty by default', () => {
      expect(parse({}).data?.exclude).toBe('');
    });

    line('C03', 'both are lists between ";"', async () => {
      const entries = ['a.jpg', 'b.cr2', 'c.txt', 'd.log'];
      expect(await picked({ include: '*.jpg;*.cr2' }, entries)).toEqual(['a.jpg', 'b.cr2']);
      expect(await picked({ exclude: '*.txt;*.log' }, entries)).toEqual(['a.jpg', 'b.cr2']);
    });

    line('C04', 'exclude wins over include', async () => {
      expect(await picked({ include: 'a*', exclude: '*.jpg' }, ['a.jpg', 'a.cr2'])).toEqual(['a.cr2']);
    });

    line('C05', '*.dat, *.xml and *.* are patterns of extensions', () => {
      for (const [list, name, hit] of [
        ['*.dat', 'a.dat', true],
        ['*.dat', 'a.xml', false],
        ['*.xml', 'a.xml', true],
        ['*.*', 'a.anything', true],
        ['*.*', 'nothing', false],
      ] as const) {
        expect(matcherOf(list)(name), `${list} ${name}`).toBe(hit);
      }
    });

    line('C06', 'globs are no regular expressions; those follow "re:"', async () => {
      expect(await picked({ include: '*.pdf' }, ['a.pdf', 'aXpdf', '.pdfx'])).toEqual(['a.pdf']);
      expect(await picked({ include: 're:IMG_\\d+\\.(jpg|cr2)' }, ['IMG_12.jpg', 'IMG_x.jpg', 'IMG_3.cr2'])).toEqual([
        'IMG_12.jpg',
        'IMG_3.cr2',
      ]);
    });

    line('C07', '".pdf" is that name, and no extension', () => {
      expect(matcherOf('.pdf')('.pdf')).toBe(true);
      expect(matcherOf('.pdf')('a.pdf')).toBe(false);
    });

    line('C08', 'data* takes data1 and data2; data.* is a glob with a dot', async () => {
      expect(await picked({ include: 'data*' }, ['data1', 'data2', 'other'])).toEqual(['data1', 'data2']);
      expect(await picked({ include: 'data.*' }, ['data1', 'data.x'])).toEqual(['data.x']);
    });

    line('C09', 'composite patterns take each character as it is written', async () => {
      const list = 'Data[0-9][0-9][0-9].[dD][aA][tT]';
      expect(await picked({ include: list }, ['Data001.DAT', 'data001.dat', 'Data01.dat', 'Data0010.dat'])).toEqual([
        'Data001.DAT',
      ]);
    });

    line('C10', 'letters match in their case alone, but where a set allows both', async () => {
      const list = '*.[dD][Aa][Tt];*.[Xx][Mm][Ll];*.pdf';
      expect(await picked({ include: list }, ['a.DaT', 'b.xML', 'c.PDF', 'd.pdf'])).toEqual([
        'a.DaT',
        'b.xML',
        'd.pdf',
      ]);
    });

    line('C11', 'input* takes files and folders', async () => {
      expect(await picked({ include: 'input*' }, ['input1', 'input2/', 'other/'])).toEqual(['input1', 'input2']);
    });

    line('C12', 'only entries directly in input count: a folder in it is one job, and is not looked into', async () => {
      const { operation, calls } = recorded();
      const made = await yard({ include: '*.jpg;order' }, { operation });
      await made.put('input/order/a.jpg', 'a');
      await made.put('input/order/deep/b.jpg', 'b');
      await made.put('input/not-included/c.jpg', 'c');
      await made.settle();
      expect(calls.map(({ name, type, files }) => ({ name, type, files }))).toEqual([
        { name: 'order', type: 'folder', files: ['a.jpg', 'deep/b.jpg'] },
      ]);
      expect(await made.names('input')).toEqual(['not-included/c.jpg']);
    });

    line('C13', 'the oldest arrivals are first', async () => {
      const { operation, calls } = recorded();
      const made = await yard({ batchSize: 2 }, { operation });
      const order = ['m', 'z', 'a', 'k', 'b'];
      await writeInOrder(order.map((name) => made.at(`input/${name}`)));
      await made.settle();
      expect(calls.map(({ name }) => name)).toEqual(order);
    });

    line('C14', 'batchSize: 10 files ⇒ 2 per scan, 5 scans', async () => {
      const made = await yard();
      for (let i = 0; i < 10; i++) await made.drop(`f${i}`, 'x');
      const claimed = [(await made.ripeScan()).claimed];
      for (;;) {
        await made.engine.drain();
        const outcome = await made.engine.scan();
        if (outcome.claimed === 0) break;
        claimed.push(outcome.claimed);
      }
      expect(claimed).toEqual([2, 2, 2, 2, 2]);
    });

    line('C15', 'the wait time is 0 by default, in milliseconds; a candidate must be that old', async () => {
      expect(parse({}).data?.waitTime).toBe(0);
      expect(parse({ waitTime: '1500ms' }).data?.waitTime).toBe(1_500);
      const made = await yard({ waitTime: '80s', settleTime: '0s' });
      await made.drop('a', 'a');
      await made.engine.scan();
      made.clock.advance(60_000);
      expect(await made.engine.scan()).toMatchObject({ claimed: 0, waiting: 1 });
      made.clock.advance(20_000);
      expect(await made.engine.scan()).toMatchObject({ claimed: 1, waiting: 0 });
    });

    line('C16', 'a wait time of 3,600,000 ms and an age of 1 min ⇒ picked after 59 min more', async () => {
      const made = await yard({ waitTime: '3600000ms' });
      await made.drop('a', 'a');
      await made.engine.scan();
      made.clock.advance(MINUTE);
      expect((await made.engine.scan()).claimed).toBe(0);
      made.clock.advance(59 * MINUTE - 20_000);
      expect((await made.engine.scan()).claimed).toBe(0);
      made.clock.advance(20_000);
      expect((await made.engine.scan()).claimed).toBe(1);
    });

    line('C17', 'an upload of 10 minutes is left alone until it has been left alone for 10 minutes', async () => {
      const made = await yard({ waitTime: '10m' });
      const path = made.at('input/upload');
      for (let minute = 0; minute < 10; minute++) {
        await appendFile(path, 'part ');
        await utimes(path, made.clock.now() / 1000, made.clock.now() / 1000);
        expect((await made.engine.scan()).claimed, `minute ${minute}`).toBe(0);
        made.clock.advance(MINUTE);
      }
      for (let minute = 1; minute < 9; minute++) {
        made.clock.advance(MINUTE);
        expect((await made.engine.scan()).claimed, `minute ${minute} after its end`).toBe(0);
      }
      made.clock.advance(MINUTE);
      expect((await made.engine.scan()).claimed).toBe(1);
    });

    line('C18', 'age is told from the later of modification and arrival', async () => {
      const made = await yard({ waitTime: '5m' });
      await made.drop('old-copy', 'kept its time');
      await utimes(made.at('input/old-copy'), 1_000_000_000, 1_000_000_000);
      await made.engine.scan();
      made.clock.advance(4 * MINUTE);
      expect((await made.engine.scan()).claimed).toBe(0);
      made.clock.advance(MINUTE);
      expect((await made.engine.scan()).claimed).toBe(1);
    });

    line('C19', 'what is not complete belongs to a later scan', async () => {
      const { operation, calls } = recorded();
      const made = await yard({ batchSize: 10 }, { operation });
      await made.drop('whole', 'whole');
      await made.drop('half', 'ha');
      await made.engine.scan();
      made.clock.advance(3_000);
      await appendFile(made.at('input/half'), 'lf');
      expect(await made.engine.scan()).toMatchObject({ claimed: 1, waiting: 1 });
      made.clock.advance(3_000);
      expect(await made.engine.scan()).toMatchObject({ claimed: 1, waiting: 0 });
      await made.engine.drain();
      expect(calls.map(({ name }) => name)).toEqual(['whole', 'half']);
      expect(await made.kept('result')).toEqual({ half: 'half', whole: 'whole' });
    });

    line('C20', 'copied under an excluded name, and renamed: picked only then; files and folders', async () => {
      const made = await yard({ include: 'in*', exclude: 'ex*;temp*.ps' });
      await made.put('input/ex1', 'file');
      await made.put('input/temp1.ps', 'file');
      await made.put('input/ex2/a', 'inside');
      await made.settle();
      expect(await made.names('result')).toEqual([]);
      await rename(made.at('input/ex1'), made.at('input/in1'));
      await rename(made.at('input/ex2'), made.at('input/in2'));
      await made.settle();
      expect(await made.kept('result')).toEqual({ in1: 'file', 'in2/a': 'inside' });
      expect(await made.names('input')).toEqual(['temp1.ps']);
    });

    line('C21', 'a folder is as young as the youngest file in it, at any depth', async () => {
      const made = await yard({ waitTime: '1m' });
      await made.put('input/order/deep/a', 'first');
      await made.engine.scan();
      for (let part = 0; part < 4; part++) {
        made.clock.advance(50_000);
        // Neither adding to a file nor its time changes the folder itself.
        await appendFile(made.at('input/order/deep/a'), ' more');
        await utimes(made.at('input/order/deep/a'), made.clock.now() / 1000, made.clock.now() / 1000);
        expect((await made.engine.scan()).claimed).toBe(0);
      }
      made.clock.advance(MINUTE);
      expect((await made.engine.scan()).claimed).toBe(1);
      await made.engine.drain();
      expect(await made.kept('result')).toEqual({ 'order/deep/a': 'first more more more more' });
    });

    line('C22', 'a writer of 1 KB a second is never picked early, with a wait time of 0', async () => {
      for (const profile of ['aem', 'camera'] as const) expect(parse({ profile }).data?.settleTime).toBe(2_000);
      // Wider than by default, so that a machine that is slow to scan does not count as a writer that is.
      const made = await yard({ waitTime: '0s', interval: '250ms', settleTime: '5s' });
      const path = made.at('input/slow');
      await writeFile(path, '');
      for (let second = 0; second < 60; second++) {
        // Between two writes it looks finished to several scans.
        for (let scans = 0; scans < 4; scans++) {
          expect((await made.engine.scan()).claimed, `second ${second}`).toBe(0);
          made.clock.advance(250);
        }
        await appendFile(path, Buffer.alloc(1_024, second));
      }
      for (let scans = 0; scans < 3; scans++) {
        await made.engine.scan();
        made.clock.advance(3_000);
      }
      await made.engine.drain();
      expect((await stat(made.at('result/slow'))).size).toBe(60 * 1_024);
    });

    line('C23', 'what desktops and writers leave is ignored, which can be switched off', async () => {
      const left = ['.DS_Store', '.~lock', 'Thumbs.db', 'a.part', 'b.tmp', 'desktop.ini'];
      expect(await picked({}, [...left, 'a.jpg'])).toEqual(['a.jpg']);
      expect(await picked({ ignore: false }, left)).toEqual(left);
    });

    line('C24', 'many files beside hidden ones give no error where include equals the mapping’s pattern', async () => {
      const made = await yard({
        include: '*.tiff',
        batchSize: 50,
        inputs: { page: { variable: '*.tiff', as: 'document' } },
      });
      for (let i = 0; i < 40; i++) await made.drop(`p${i}.tiff`, `page ${i}`);
      for (const name of ['Thumbs.db', '.hidden', 'notes.txt']) await made.drop(name, 'x');
      await made.settle();
      expect(await made.names('result')).toHaveLength(40);
      expect(await made.names('failure')).toEqual([]);
      expect(made.books.rejections()).toEqual([]);
    });

    line('C25', 'NOMATCH pauses the intake while results continue', async () => {
      const busy = async () => {
        throw new VigieError('busy', 'not now', { retryable: true });
      };
      const first = await yard({}, { operation: busy });
      await first.drop('staged', 'staged');
      await first.ripeScan();
      await first.engine.drain();
      await first.engine[Symbol.asyncDispose]();
      const paused = await yard({ include: 'NOMATCH' }, { folder: first.folder, books: first.books });
      await paused.drop('later', 'later');
      await paused.settle();
      expect(await paused.names('result')).toEqual(['staged']);
      expect(await paused.names('input')).toEqual(['later']);
    });

    line('C26', 'a read-only file is not processed, and is put in failure', async () => {
      const { operation, calls } = recorded();
      const made = await yard({}, { operation });
      await made.drop('ro', 'read-only');
      await chmod(made.at('input/ro'), 0o444);
      await made.settle();
      expect(calls).toEqual([]);
      expect(await made.kept('failure')).toEqual({ ro: 'read-only' });
    });

    line('C27', 'files: which files of a folder belong to the job', async () => {
      const { operation, calls } = recorded();
      const made = await yard({ files: '*.jpg' }, { operation });
      await made.put('input/order/a.jpg', 'a');
      await made.put('input/order/notes.txt', 'n');
      await made.put('input/none/notes.txt', 'n');
      await made.settle();
      expect(calls.map(({ name, files }) => [name, files])).toEqual([['order', ['a.jpg']]]);
      expect(await made.names('failure')).toEqual(['none/notes.txt']);
    });

    line('C28', 'hidden files are ignored, also in a folder job, unless "ignore" is off', async () => {
      const files = async (ignore: boolean) => {
        const { operation, calls } = recorded();
        const made = await yard({ ignore }, { operation });
        await made.put('input/order/a', 'a');
        await made.put('input/order/.hidden', 'h');
        await made.settle();
        return calls[0]?.files;
      };
      expect(await files(true)).toEqual(['a']);
      expect(await files(false)).toEqual(['.hidden', 'a']);
    });
  });
}
