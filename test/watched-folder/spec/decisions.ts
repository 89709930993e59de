import { readdir, utimes } from 'node:fs/promises';
import { quickDisk } from '@vigie/agent/watched-folder/disk';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { matcherOf } from '@vigie/agent/watched-folder/glob';
import { hexadecimalName, suffixedName } from '@vigie/agent/watched-folder/names';
import { placeFault, placeOf } from '@vigie/agent/watched-folder/place-pattern';
import { purgeConfig } from '@vigie/agent/watched-folder/purge';
import { describe, expect } from 'vitest';
import { rig } from '../../agent/watched-folder/rig.ts';
import { line } from './line.ts';
import { keptLog, recorded, yard } from './yard.ts';

const LETTERS = [...'YyMDdHhmslRPJFE'];

export function decisionLines(): void {
  describe('S. Contradictions, decided', () => {
    line('S01', '%h has 12 hours, 01 to 12', () => {
      const facts = { name: 'a', zone: 'UTC', jobId: 'j', folderName: 'f' };
      const hours = Array.from({ length: 24 }, (_, hour) => {
        return placeOf('%h', { ...facts, capturedAt: Date.UTC(2026, 0, 1, hour) }, 'a').name;
      });
      expect(new Set(hours).size).toBe(12);
      expect([...hours].sort().at(0)).toBe('01');
      expect([...hours].sort().at(-1)).toBe('12');
    });

    line('S02', 'every letter is known in result, preserve and failure alike', async () => {
      const pattern = `${LETTERS.map((letter) => `%${letter}`).join('-')}/`;
      expect(placeFault(pattern)).toBeUndefined();
      const made = await yard({ result: pattern, preserve: pattern, failure: pattern, empty: 'fail' });
      await made.drop('good.txt', 'good');
      await made.drop('empty.txt', '');
      await made.settle();
      for (const tree of ['result', 'preserve', 'failure']) {
        const [name] = await made.names(tree);
        expect(name).toMatch(/-yard-(good-txt\/good|empty-txt\/empty)\.txt$/);
        expect(name).not.toContain('%');
      }
    });

    line('S03', 'the wait time is now − the later of modification and change', async () => {
      const made = await yard({ waitTime: '1m' });
      await made.drop('a', 'a');
      await utimes(made.at('input/a'), 1_000_000_000, 1_000_000_000);
      expect(await made.ripeScan()).toMatchObject({ claimed: 0, waiting: 1 });
      await utimes(made.at('input/a'), made.clock.now() / 1000, made.clock.now() / 1000);
      await made.engine.scan();
      made.clock.advance(40_000);
      expect((await made.engine.scan()).claimed).toBe(0);
      made.clock.advance(20_001);
      expect((await made.engine.scan()).claimed).toBe(1);
    });

    line('S04', 'a duration is written with its unit: a bare number is refused', () => {
      for (const waitTime of ['10', 600_000]) expect(watchedFolderConfig.safeParse({ waitTime }).success).toBe(false);
      expect(watchedFolderConfig.parse({ waitTime: '10m' }).waitTime).toBe(600_000);
      expect(watchedFolderConfig.parse({ waitTime: '10s' }).waitTime).toBe(10_000);
    });

    line('S05', 'patterns are globs, and regular expressions after "re:"', () => {
      expect(['data1', 'data.x'].filter(matcherOf('data.*'))).toEqual(['data.x']);
      expect(['data1', 'data.x', 'xdata'].filter(matcherOf('re:data.*'))).toEqual(['data1', 'data.x']);
    });

    line('S06', '".pdf" is a name, and warned of', async () => {
      const { log, warnings } = keptLog();
      const made = await yard({ include: '.pdf', ignore: false }, { log });
      expect(warnings).toEqual([expect.stringContaining('"*.pdf" is the extension')]);
      for (const name of ['.pdf', 'a.pdf']) await made.drop(name, name);
      await made.settle();
      expect(await made.names('input')).toEqual(['a.pdf']);
      const plain = keptLog();
      await yard({ include: '*.pdf;.hidden.pdf;notes' }, { log: plain.log });
      expect(plain.warnings).toEqual([]);
    });

    line(
      'S07',
      'hexadecimal names: lower-case bytes of UTF-8; on in aem, off in camera; collisions get a suffix',
      async () => {
        expect(hexadecimalName('Ä_b-c.jpg')).toBe('c3845fb2dc.jpg');
        expect(watchedFolderConfig.parse({ profile: 'aem' }).hexadecimalNames).toBe(true);
        expect(watchedFolderConfig.parse({ profile: 'camera' }).hexadecimalNames).toBe(false);
        const made = await yard();
        await made.drop('a b', 'spaced');
        await made.settle();
        await made.drop('a20b', 'plain');
        await made.settle();
        expect(Object.values(await made.kept('result')).sort()).toEqual(['plain', 'spaced']);
      },
    );

    line('S08', 'a suffix is _1 before the extension', () => {
      expect([0, 1, 12].map((index) => suffixedName('name.ext', index))).toEqual([
        'name.ext',
        'name_1.ext',
        'name_12.ext',
      ]);
    });

    line('S09', 'preserve is filled after success: a failure leaves nothing there', async () => {
      const made = await yard({}, { operation: async () => ({ sound: { ok: false, reason: 'no' }, results: [] }) });
      await made.drop('a', 'a');
      await made.settle();
      expect(await made.names('preserve')).toEqual([]);
      expect(await made.names('failure')).toEqual(['a']);
    });

    line('S10', 'exclude excludes', async () => {
      const made = await yard({ exclude: 'a*' });
      for (const name of ['a1', 'b1']) await made.drop(name, name);
      await made.settle();
      expect(await made.names('input')).toEqual(['a1']);
      expect(await made.names('result')).toEqual(['b1']);
    });

    line('S12', 'input* takes input1 and input2', () => {
      expect(['input1', 'input2', 'other'].filter(matcherOf('input*'))).toEqual(['input1', 'input2']);
    });

    line(
      'S13',
      'the agent needs the right to delete, which is tried at start; it is stage that is cleaned',
      async () => {
        const moved: string[] = [];
        const made = await rig({
          operation: recorded().operation,
          disk: {
            ...quickDisk,
            async remove(path) {
              moved.push(path);
              throw Object.assign(new Error('not allowed'), { code: 'EPERM' });
            },
          },
        });
        await expect(made.engine.open()).rejects.toMatchObject({
          code: 'folder-not-movable',
          hint: expect.stringContaining('right to write'),
        });
        expect(moved.length).toBeGreaterThan(0);
        const sound = await yard({ preserve: null });
        await sound.drop('a', 'a');
        await sound.settle();
        expect(await readdir(sound.at('stage'))).toEqual([]);
      },
    );

    line('S14', 'purge is by age and by tree, in whole days', () => {
      expect(purgeConfig.parse({ result: 30 })).toEqual({ result: 30, preserve: -1, failure: -1 });
      expect(purgeConfig.safeParse({ input: 1 }).success).toBe(false);
    });

    line('S15', 'files are dropped in input, or in the root itself where that is set', async () => {
      const made = await yard({ intake: 'root' });
      await made.put('dropped', 'dropped');
      await made.settle();
      expect(await made.kept('result')).toEqual({ dropped: 'dropped' });
      const usual = await yard();
      await usual.put('in-root', 'x');
      await usual.put('input/in-input', 'y');
      await usual.settle();
      expect(Object.values(await usual.kept('result'))).toEqual(['y']);
      for (const profile of ['aem', 'camera'] as const) {
        expect(watchedFolderConfig.parse({ profile }).intake).toBe('input');
      }
    });

    line('S16', 'throttling is on unless it is switched off', () => {
      expect(watchedFolderConfig.parse({}).throttling).toBe(true);
      expect(watchedFolderConfig.parse({ throttling: false }).throttling).toBe(false);
    });
  });
}
