import { readdir, stat } from 'node:fs/promises';
import { createMemoryBooks } from '@vigie/agent/store/endpoint-books-memory';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { type PlaceFacts, placeFault, placeOf } from '@vigie/agent/watched-folder/place-pattern';
import { describe, expect } from 'vitest';
import { filesBelow } from '../../agent/watched-folder/invariants.ts';
import { tempFolder } from '../../support/temp.ts';
import { line } from './line.ts';
import { keptLog, recorded, yard } from './yard.ts';

const facts: PlaceFacts = {
  name: 'IMG_1.JPG',
  capturedAt: Date.parse('2009-07-17T20:05:09.042Z'),
  zone: 'UTC',
  jobId: 'job7',
  folderName: 'yard',
};
/** The path that a pattern gives one file, below its tree. */
const placed = (pattern: string, over: Partial<PlaceFacts> = {}): string => {
  const { folder, name } = placeOf(pattern, { ...facts, ...over }, 'own.jpg');
  return folder === '' ? name : `${folder}/${name}`;
};
const parse = (given: Record<string, unknown>) => watchedFolderConfig.safeParse({ profile: 'aem', ...given });
const today = (at: number) => new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');

export function placeLines(): void {
  describe('H. Folders and pattern letters', () => {
    line('H01', 'result is %Y/%M/%D/ by default', async () => {
      const made = await yard({ result: undefined });
      await made.drop('a', 'a');
      await made.settle();
      expect(await made.names('result')).toEqual([`${today(made.clock.now())}/a`]);
    });

    line('H02', 'preserve is %Y/%M/%D/ by default', async () => {
      const made = await yard({ preserve: undefined });
      await made.drop('a', 'a');
      await made.settle();
      expect(await made.names('preserve')).toEqual([`${today(made.clock.now())}/a`]);
    });

    line('H03', 'failure is %Y/%M/%D/ by default', async () => {
      const made = await yard({ failure: undefined, empty: 'fail' });
      await made.drop('a', '');
      await made.settle();
      expect(await made.names('failure')).toEqual([`${today(made.clock.now())}/a`]);
    });

    line('H04', 'result may be empty, relative or absolute', async () => {
      const outside = await tempFolder();
      for (const [result, folder, name] of [
        ['', 'result', 'a'],
        ['deep/er/', 'result', 'deep/er/a'],
        [`${outside}/%F_out`, outside, 'a_out'],
      ] as const) {
        const made = await yard({ result });
        await made.drop('a', `at ${result}`);
        await made.settle();
        const files = await filesBelow(folder === outside ? outside : made.at(folder));
        expect([...files].map(([path, bytes]) => [path, String(bytes)])).toEqual([[name, `at ${result}`]]);
      }
    });

    line('H05', 'preserve may be absolute, relative or null, which keeps no sources', async () => {
      for (const [preserve, names] of [
        ['deep/', ['deep/a', 'deep/order/b']],
        [null, []],
      ] as const) {
        const made = await yard({ preserve });
        await made.drop('a', 'a');
        await made.put('input/order/b', 'b');
        await made.settle();
        expect(await made.names('preserve')).toEqual(names);
        expect(await made.names('result')).toEqual(['a', 'order/b']);
      }
    });

    line('H05', 'an absolute preserve, or result, may lie on another file system', async () => {
      const expected: Record<string, string>[] = [
        { a: 'first', a_1: 'second', 'order/deep/b': 'first', 'order_1/deep/b': 'second' },
        { a: 'second', 'order/deep/b': 'second' },
      ];
      for (const overwriteDuplicates of [false, true]) {
        const outside = await tempFolder();
        const given = { result: `${outside}/result/`, preserve: `${outside}/kept/`, hexadecimalNames: false };
        const books = createMemoryBooks();
        const made = await yard({ ...given, overwriteDuplicates }, { books });
        expect((await stat(outside)).dev).not.toBe((await stat(made.folder)).dev);
        for (const content of ['first', 'second']) {
          await made.drop('a', content);
          await made.put('input/order/deep/b', content);
          await made.settle();
        }
        for (const tree of ['kept', 'result']) {
          const files = await filesBelow(`${outside}/${tree}`);
          const found = Object.fromEntries([...files].map(([path, bytes]) => [path, String(bytes)]));
          expect(found, `${tree} ${overwriteDuplicates}`).toEqual(expected[Number(overwriteDuplicates)]);
        }
        expect(await readdir(made.at('stage'))).toEqual([]);
      }
    });

    line('H06', 'failure is always below the watched folder: an absolute one is refused', () => {
      expect(parse({ failure: '/somewhere/' }).error?.issues[0]?.message).toContain('is absolute');
      expect(parse({ failure: 'some/where/' }).success).toBe(true);
    });

    line('H07', '%F is the source’s name without its extension', () => expect(placed('%F')).toBe('IMG_1'));
    line('H08', '%E is the extension', () => expect(placed('x.%E')).toBe('x.JPG'));
    line('H09', '%Y is the year in 4 digits', () => expect(placed('%Y')).toBe('2009'));
    line('H10', '%y is the year in 2 digits', () => expect(placed('%y')).toBe('09'));
    line('H11', '%M is the month, 01 to 12', () => {
      expect(placed('%M')).toBe('07');
      expect(placed('%M', { capturedAt: Date.UTC(2009, 11, 31) })).toBe('12');
    });
    line('H12', '%D is the day of the month, 01 to 31', () => {
      expect(placed('%D')).toBe('17');
      expect(placed('%D', { capturedAt: Date.UTC(2009, 0, 1) })).toBe('01');
    });
    line('H13', '%d is the day of the year, 001 to 366', () => {
      expect(placed('%d')).toBe('198');
      expect(placed('%d', { capturedAt: Date.UTC(2009, 0, 1) })).toBe('001');
      expect(placed('%d', { capturedAt: Date.UTC(2008, 11, 31) })).toBe('366');
    });
    line('H14', '%H is the hour, 00 to 23', () => {
      expect(placed('%H')).toBe('20');
      expect(placed('%H', { capturedAt: Date.UTC(2009, 0, 1, 0) })).toBe('00');
    });
    line('H15', '%h is the hour, 01 to 12', () => {
      const hours = [0, 1, 11, 12, 13, 23].map((hour) => placed('%h', { capturedAt: Date.UTC(2009, 0, 1, hour) }));
      expect(hours).toEqual(['12', '01', '11', '12', '01', '11']);
    });
    line('H16', '%m is the minute', () => expect(placed('%m')).toBe('05'));
    line('H17', '%s is the second', () => expect(placed('%s')).toBe('09'));
    line('H18', '%l is the millisecond, 000 to 999', () => {
      expect(placed('%l')).toBe('042');
      expect(placed('%l', { capturedAt: Date.UTC(2009, 0, 1, 0, 0, 0, 999) })).toBe('999');
    });
    line('H19', '%R is one digit, which the same job finds again and others do not share', () => {
      const digits = Array.from({ length: 200 }, (_, i) => placed('%R', { jobId: `job${i}` }));
      for (const digit of digits) expect(digit).toMatch(/^\d$/);
      expect(new Set(digits).size).toBe(10);
      expect(placed('%R')).toBe(placed('%R'));
    });
    line('H20', '%P is the job’s id', async () => {
      const { operation, calls } = recorded();
      const made = await yard({ result: '%P' }, { operation });
      await made.drop('a', 'a');
      await made.settle();
      expect(await made.names('result')).toEqual([calls[0]?.jobId]);
    });
    line('H21', '%J is the watched folder’s name', () => expect(placed('%J/')).toBe('yard/own.jpg'));

    line('H22', '17 July 2009 at 20 o’clock: %Y/%M/%D/%H/ is 2009/07/17/20', () => {
      expect(placed('%Y/%M/%D/%H/')).toBe('2009/07/17/20/own.jpg');
    });

    line('H23', 'minutes or days of the year where months and days stand are allowed, and warned of', async () => {
      for (const [result, warning] of [
        ['%y/%m/%d/', '"%m" is the minute'],
        ['%Y/%M/%d/', '"%d" is the day of the year'],
        ['%Y/%M/%D/%H%m/', undefined],
      ] as const) {
        const { log, warnings } = keptLog();
        await yard({ result }, { log });
        expect(warnings.join(), result).toEqual(warning === undefined ? '' : expect.stringContaining(warning));
      }
    });

    line('H24', 'an unknown letter is refused when the configuration is read', () => {
      for (const result of ['%x', '%Y%Q/', 'a%', '%%']) expect(parse({ result }).success, result).toBe(false);
    });

    line('H25', 'letters are told apart by their case', () => {
      expect(placed('%Y %y %M %m %D %d %H %h')).toBe('2009 09 07 05 17 198 20 08');
      expect(placeFault('%f')).toContain('no known letter');
    });

    line('H26', 'missing folders are made', async () => {
      const made = await yard({ result: 'a/b/c/', preserve: 'd/e/', failure: 'f/g/', empty: 'fail' });
      await made.drop('good', 'good');
      await made.drop('empty', '');
      await made.settle();
      expect(await made.names('result')).toEqual(['a/b/c/good']);
      expect(await made.names('preserve')).toEqual(['d/e/good']);
      expect(await made.names('failure')).toEqual(['f/g/empty']);
    });

    line('H27', '%Y%M%D%H/ is a new folder each hour, %Y%M%D/ each day', () => {
      const at = (hour: number) => ({ capturedAt: Date.UTC(2026, 6, 1, hour, 30) });
      const folders = (pattern: string) => new Set(Array.from({ length: 48 }, (_, hour) => placed(pattern, at(hour))));
      expect(folders('%Y%M%D%H/').size).toBe(48);
      expect(folders('%Y%M%D/').size).toBe(2);
    });

    line('H28', 'the letters tell time in the source’s zone, at midnight and when clocks change', async () => {
      const at = (iso: string, zone: string) => placed('%Y%M%D%H', { capturedAt: Date.parse(iso), zone });
      expect(at('2026-06-30T22:30:00Z', 'Europe/Paris')).toBe('2026070100');
      expect(at('2026-06-30T21:59:59Z', 'Europe/Paris')).toBe('2026063023');
      expect(at('2026-03-29T00:59:59Z', 'Europe/Paris')).toBe('2026032901');
      expect(at('2026-03-29T01:00:00Z', 'Europe/Paris')).toBe('2026032903');
      expect(at('2026-10-25T00:30:00Z', 'Europe/Paris')).toBe('2026102502');
      expect(at('2026-10-25T01:30:00Z', 'Europe/Paris')).toBe('2026102502');
      const made = await yard({ profile: 'camera', result: '%Y%M%D%H/' }, { zone: 'Asia/Kathmandu' });
      await made.drop('20260701004500.jpg', 'a');
      await made.settle();
      expect(await made.names('result')).toEqual(['2026070100/20260701004500.jpg']);
    });

    line('H29', 'the letters tell the capture time, or the time of processing', async () => {
      for (const [patternTime, day] of [
        ['capture', () => '20200131'],
        ['processing', (at: number) => today(at).replaceAll('/', '')],
      ] as const) {
        const made = await yard({ profile: 'camera', result: '%Y%M%D/', patternTime });
        await made.drop('20200131120000.jpg', 'a');
        await made.settle();
        expect(await made.names('result')).toEqual([`${day(made.clock.now())}/20200131120000.jpg`]);
      }
      expect(parse({ profile: 'camera' }).data?.patternTime).toBe('capture');
      expect(parse({ profile: 'aem' }).data?.patternTime).toBe('processing');
    });
  });
}
