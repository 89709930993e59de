import { readdir } from 'node:fs/promises';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import { describe, expect } from 'vitest';
import { createOperation } from '../../agent/watched-folder/trivial-operation.ts';
import { tempFolder } from '../../support/temp.ts';
import { line } from './line.ts';
import { copying, readEndpoints, refusal } from './running-endpoints.ts';
import { yard } from './yard.ts';

const adding = (text: string) => createOperation((bytes) => Buffer.concat([bytes, Buffer.from(text)]));

export function chainLines(): void {
  describe('Q. Chaining', () => {
    line('Q01', 'where one’s result is another’s input, files flow on', async () => {
      const second = await yard();
      const first = await yard({ result: second.at('input/') });
      await first.drop('a', 'a');
      await first.settle();
      expect(await second.names('input')).toEqual(['a']);
      await second.settle();
      expect(await second.kept('result')).toEqual({ a: 'a' });
      expect(await first.names('result')).toEqual([]);
    });

    line('Q02', 'nested: the second folder lies in the first one’s result, and its result in its own', async () => {
      const first = await yard();
      await first.drop('a', 'a');
      await first.settle();
      const second = await yard({ intake: 'root' }, { folder: first.at('result') });
      await second.settle();
      expect(await first.kept('result/result')).toEqual({ a: 'a' });
      await first.drop('b', 'b');
      await first.settle();
      await second.settle();
      expect(await first.kept('result/result')).toEqual({ a: 'a', b: 'b' });
      const chain = [copying('one'), copying('two', { path: 'one/result', settings: { intake: 'root' } })];
      expect(refusal(() => readEndpoints({ endpoints: chain }))).toBeUndefined();
    });

    line('Q03', 'each link may do something else', async () => {
      const third = await yard({}, { operation: adding('3') });
      const second = await yard({ result: third.at('input/') }, { operation: adding('2') });
      const first = await yard({ result: second.at('input/') }, { operation: adding('1') });
      await first.drop('a', '0');
      for (const made of [first, second, third]) await made.settle();
      expect(await third.kept('result')).toEqual({ a: '0123' });
    });

    line('Q04', 'what enters a chained input is whole, also from another file system; loops are refused', async () => {
      const second = await yard({ ignore: false });
      const seen: string[] = [];
      const folder = await tempFolder();
      const look = async () => void seen.push(...(await readdir(second.at('input'))));
      const disk: Disk = {
        ...quickDisk,
        async linkNew(from, to) {
          await look();
          if (to.startsWith(second.folder)) throw Object.assign(new Error('cross-device link'), { code: 'EXDEV' });
          await quickDisk.linkNew(from, to);
        },
        async copyNew(from, to) {
          const copied = quickDisk.copyNew(from, to);
          await look();
          await copied;
          await look();
        },
      };
      const first = await yard({ result: second.at('input/'), ignore: false }, { disk, folder });
      await first.drop('a', 'x'.repeat(1_000_000));
      await first.settle();
      // Before it is whole it has a name that no settings ever take.
      expect(seen.filter((name) => name !== 'a' && !name.startsWith('.vigie-copy-'))).toEqual([]);
      await second.put('input/.vigie-copy-half.part', 'half');
      await second.settle();
      expect(Object.values(await second.kept('result')).map(({ length }) => length)).toEqual([1_000_000]);

      const to = (path: string) => ({ settings: { result: path } });
      const loop = [
        copying('a', to('/srv/watch/b/input/')),
        copying('b', to('/srv/watch/c/input/')),
        copying('c', to('/srv/watch/a/input/')),
      ];
      expect(refusal(() => readEndpoints({ endpoints: loop }))).toContain('a → b → c → a');
      expect(refusal(() => readEndpoints({ endpoints: loop.slice(0, 2) }))).toBeUndefined();
      expect(refusal(() => readEndpoints({ endpoints: [copying('a', to('/srv/watch/a/input/'))] }))).toContain('a → a');
    });
  });
}
