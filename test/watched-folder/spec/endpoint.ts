import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { changesOf, planOf } from '@vigie/agent/endpoints/changes';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import { describe, expect } from 'vitest';
import { rig } from '../../agent/watched-folder/rig.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { line } from './line.ts';
import { copying, endpointFaults, readEndpoints, runningEndpoints } from './running-endpoints.ts';
import { memoryFolder } from './yard.ts';

const TREES = ['failure', 'input', 'preserve', 'result', 'stage'];

/** A disk on which one step is refused, as the kernel refuses it to who has no right. */
const refusing = (step: 'rename' | 'remove'): Disk => ({
  ...quickDisk,
  [step]: async (path: string) => {
    if (path.includes('/input/') || step === 'remove')
      throw Object.assign(new Error('not allowed'), { code: 'EACCES' });
  },
});

export function endpointLines(): void {
  describe('A. Service and endpoint', () => {
    line('A01', 'defaults hold for all endpoints, and an endpoint’s own value comes first', () => {
      const { endpoints } = readEndpoints({
        defaults: { zone: 'Europe/Paris', settings: { batchSize: 7, waitTime: '5s' } },
        endpoints: [copying('a'), copying('b', { zone: 'UTC', settings: { batchSize: 3 } })],
      });
      expect(endpoints.map(({ zone, settings }) => [zone, settings.batchSize, settings.waitTime])).toEqual([
        ['Europe/Paris', 7, 5_000],
        ['UTC', 3, 5_000],
      ]);
    });

    line('A02', 'one change of a default changes every endpoint', () => {
      const plan = (interval: string) =>
        planOf(readEndpoints({ defaults: { settings: { interval } }, endpoints: [copying('a'), copying('b')] }), []);
      expect(changesOf(plan('1s'), plan('2s')).changed).toEqual(['a', 'b']);
      expect(changesOf(plan('1s'), plan('1s')).unchanged).toEqual(['a', 'b']);
    });

    line('A03', 'an endpoint has one folder and one operation; both are needed', () => {
      expect(endpointFaults({ name: 'a', path: 'a' })).toEqual([expect.stringMatching(/^operation: /)]);
      expect(endpointFaults({ name: 'a', path: 'a', operation: {} })).toEqual([expect.stringMatching(/^operation/)]);
      expect(endpointFaults({ name: 'a', path: 'a', operation: { type: 'unknown' } })).toHaveLength(1);
      expect(endpointFaults(copying('a'))).toEqual([]);
    });

    line('A04', 'a name is needed', () => {
      expect(endpointFaults({ ...copying('a'), name: '' })).toEqual([expect.stringMatching(/^name: /)]);
      expect(endpointFaults({ path: 'a', operation: { type: 'copy' } })).toEqual(['name: a name is needed']);
    });

    line('A05', 'a name with "<", or a URL as a name, is refused', () => {
      for (const name of ['a<b', 'http://host/a']) expect(endpointFaults(copying(name)), name).toHaveLength(1);
    });

    line('A06', 'a description may be left out, and has no "<"', () => {
      expect(endpointFaults(copying('a', { description: 'the yard' }))).toEqual([]);
      expect(endpointFaults(copying('a', { description: '<b>' }))).toEqual([expect.stringMatching(/^description: /)]);
    });

    line('A07', 'a path is needed', () => {
      expect(endpointFaults({ name: 'a', operation: { type: 'copy' } })).toEqual([expect.stringMatching(/^path: /)]);
      expect(endpointFaults(copying('a', { path: '' }))).toEqual([expect.stringMatching(/^path: /)]);
    });

    line('A08', 'a missing folder is made; where it cannot be, its endpoint says so and the others run', async () => {
      const { apply, put, names, conditionOf, at } = await runningEndpoints();
      await put('file', 'no folder can be below this');
      await put('good/deep/input/x', 'x');
      await apply([copying('good', { path: 'good/deep' }), copying('bad', { path: 'file/below' }), copying('new')]);
      await until('one works', () => names('good/deep/result').length === 1);
      await until('one is made', () => names('new').includes('result'));
      await until('one is told', () => conditionOf('bad')?.error);
      expect(conditionOf('bad')?.error?.code).toMatch(/ENOTDIR|not-ready|EEXIST/);
      expect(conditionOf('bad')?.error?.message).toContain(at('file/below').slice(-10));
    });

    line('A09', 'a folder that is there is used as it is, and its content is kept', async () => {
      const { apply, put, names } = await runningEndpoints();
      await put('a/mine.txt', 'mine');
      await put('a/result/old.txt', 'old');
      await put('a/input/x', 'x');
      await apply([copying('a')]);
      await until('it works', () => names('a/result').includes('x'));
      expect(names('a/result')).toEqual(['old.txt', 'x']);
      expect(names('a')).toContain('mine.txt');
    });

    line('A10', 'input, stage, result, preserve and failure are made below the path', async () => {
      const { apply, names } = await runningEndpoints();
      await apply([copying('a')]);
      await until('all are there', () => TREES.every((tree) => names('a').includes(tree)));
    });

    line('A11', 'created: scanned; changed: scanned as changed; removed: scanned no more', async () => {
      const { apply, put, names } = await runningEndpoints();
      expect(await apply([copying('a'), copying('b')])).toMatchObject({ created: ['a', 'b'] });
      await put('a/input/one.txt', '1');
      await until('it is scanned', () => names('a/result').includes('one.txt'));
      const changed = copying('a', { settings: { result: 'new/' } });
      expect(await apply([changed, copying('b')])).toMatchObject({ changed: ['a'], unchanged: ['b'] });
      await put('a/input/two.txt', '2');
      await until('it is scanned as changed', () => names('a/result/new').includes('two.txt'));
      expect(await apply([copying('b')])).toMatchObject({ removed: ['a'] });
      await put('a/input/three.txt', '3');
      await put('b/input/four.txt', '4');
      await until('the other one goes on', () => names('b/result').includes('four.txt'));
      expect(names('a/input')).toEqual(['three.txt']);
    });

    line('A15', 'a shared folder in which an engine may not write and move is refused', async () => {
      for (const shared of [true, false]) {
        const { engine } = await rig({ disk: refusing('rename'), settings: { shared } });
        await expect(engine.open()).rejects.toMatchObject({ code: 'folder-not-movable' });
      }
      const folder = await tempFolder();
      await symlink(await memoryFolder(), join(folder, 'stage'));
      const { engine } = await rig({ folder, settings: { shared: true } });
      await expect(engine.open()).rejects.toMatchObject({ code: 'folder-split' });
    });

    line('A17', 'where files cannot be moved or deleted nothing is picked, and the alarm says why', async () => {
      for (const step of ['rename', 'remove'] as const) {
        let calls = 0;
        const made = await rig({
          disk: refusing(step),
          operation: async () => {
            calls += 1;
            return { sound: { ok: true }, results: [] };
          },
        });
        await expect(made.engine.scan()).rejects.toMatchObject({ code: 'folder-not-movable' });
        await made.drop('a', 'a');
        for (let scans = 0; scans < 3; scans++) {
          made.clock.advance(10_000);
          await expect(made.engine.scan()).rejects.toMatchObject({
            code: 'folder-not-movable',
            hint: expect.any(String),
          });
        }
        expect(calls).toBe(0);
        expect(made.engine.condition().error).toMatchObject({ code: 'folder-not-movable' });
      }
    });

    line('A18', 'enabled is true by default; a disabled endpoint’s files are not touched', async () => {
      expect(readEndpoints({ endpoints: [copying('a')] }).endpoints[0]?.enabled).toBe(true);
      const { apply, put, names } = await runningEndpoints();
      for (const name of ['off', 'on']) await put(`${name}/input/x`, 'x');
      await apply([copying('off', { enabled: false }), copying('on')]);
      await until('the other one works', () => names('on/result').length === 1);
      expect(names('off')).toEqual(['input']);
      expect(names('off/input')).toEqual(['x']);
    });

    line('A19', 'a name has no spaces and no special characters', () => {
      for (const name of ['a b', 'a/b', 'a.b', 'a;b', '-a', 'é', 'a'.repeat(65)]) {
        expect(endpointFaults(copying(name)), name).toHaveLength(1);
      }
      expect(endpointFaults(copying('Yard_2-north'))).toEqual([]);
    });

    line('A20', 'tags say on which agents an endpoint runs', () => {
      const file = readEndpoints({ endpoints: [copying('all'), copying('some', { tags: ['north', 'author'] })] });
      const names = (tags: string[]) => planOf(file, tags).map(({ name }) => name);
      expect(names(['north'])).toEqual(['all', 'some']);
      expect(names(['south'])).toEqual(['all']);
      expect(names([])).toEqual(['all', 'some']);
    });
  });
}
