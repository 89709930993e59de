import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, recorded, yard } from './yard.ts';

const SHARED = { shared: true, batchSize: 2, hexadecimalNames: false } as const;

/** An engine in a process of its own works on the folder's files, and is killed in the middle of it. */
async function killedNode(folder: string, how: 'synchronous' | 'asynchronous'): Promise<void> {
  const program = new URL('node-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, folder, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  await until('its batch is staged', async () => (await readdir(`${folder}/stage`)).length === 2);
  child.kill('SIGKILL');
  await ended;
}

/** Three files of which a killed engine had claimed two; another engine does the rest. */
async function takenOver(how: 'synchronous' | 'asynchronous') {
  const { operation, calls } = recorded();
  const made = await yard({ ...SHARED, asynchronous: how === 'asynchronous' }, { operation });
  for (const name of ['a', 'b', 'c']) await made.drop(name, name);
  await killedNode(made.folder, how);
  const left = await readdir(made.at('stage'));
  for (let scans = 0; (await made.names('input')).length + (await made.names('stage')).length > 0; scans++) {
    expect(scans).toBeLessThan(20);
    await made.engine.scan();
    await made.engine.drain();
    made.clock.advance(10_000);
  }
  return { made, left, called: calls.map(({ name }) => name).sort() };
}

export function clusterLines(): void {
  describe('M. Cluster', () => {
    line('M01', 'each scan looks at input, begins jobs, and files what they make', async () => {
      const made = await yard({ ...SHARED, asynchronous: false });
      for (const name of ['a', 'b']) await made.drop(name, name);
      expect(await made.ripeScan()).toMatchObject({ claimed: 2 });
      expect(await made.names('result')).toEqual(['a', 'b']);
      expect(await readdir(made.at('stage'))).toEqual([]);
    });

    line('M02', 'synchronous: the engine that scans also works and files', async () => {
      const first = await yard({ ...SHARED, asynchronous: false });
      const other = recorded();
      await yard({ ...SHARED, asynchronous: false }, { folder: first.folder, operation: other.operation });
      await first.drop('a', 'a');
      await first.ripeScan();
      expect(first.ends).toEqual(['result']);
      expect(other.calls).toEqual([]);
    });

    line('M03', 'synchronous, its engine is killed: another one does its jobs too', async () => {
      const { made, left, called } = await takenOver('synchronous');
      expect(left).toHaveLength(2);
      expect(called).toEqual(['a', 'b', 'c']);
      expect(await made.kept('result')).toEqual({ a: 'a', b: 'b', c: 'c' });
    });

    line('M05', 'asynchronous, its engine is killed: queued jobs, and files without one, are taken over', async () => {
      const { made, left, called } = await takenOver('asynchronous');
      expect(left).toHaveLength(2);
      expect(called).toEqual(['a', 'b', 'c']);
      expect(await made.kept('result')).toEqual({ a: 'a', b: 'b', c: 'c' });
      expect(await readdir(made.at('stage'))).toEqual([]);
    });

    line('M06', 'jobs are on disk, each with its owner, and spread over the engines', async () => {
      const { operation, working, letAllGo } = held();
      const given = { ...SHARED, throttling: false, concurrency: 4 };
      const first = await yard(given, { operation });
      const second = await yard(given, { operation, folder: first.folder });
      for (const name of ['a', 'b', 'c', 'd']) await first.drop(name, name);
      expect(await first.ripeScan()).toMatchObject({ claimed: 2 });
      expect(await second.ripeScan()).toMatchObject({ claimed: 2 });
      await until('all work', () => working().length === 4);
      for (const job of await readdir(first.at('stage'))) {
        expect(await readdir(first.at(`stage/${job}`))).toEqual(['.owner', '.work', expect.any(String)]);
      }
      letAllGo();
      await Promise.all([first.engine.drain(), second.engine.drain()]);
      expect([first.ends, second.ends]).toEqual([
        ['result', 'result'],
        ['result', 'result'],
      ]);
    });

    line('M07', 'a small batch spreads files evenly over engines that scan in turn', async () => {
      const first = await yard(SHARED);
      const nodes = [first, await yard(SHARED, { folder: first.folder }), await yard(SHARED, { folder: first.folder })];
      for (let i = 0; i < 18; i++) await first.drop(`f${i}`, `${i}`);
      for (let round = 0; round < 4; round++) {
        for (const node of nodes) {
          await node.engine.scan();
          await node.engine.drain();
          node.clock.advance(10_000);
        }
      }
      expect(nodes.map(({ ends }) => ends.length)).toEqual([6, 6, 6]);
    });

    line('M08', 'however many engines scan, no more than a batch is in stage', async () => {
      const { operation, letAllGo } = held();
      const first = await yard({ ...SHARED, batchSize: 3 }, { operation });
      const given = { ...SHARED, batchSize: 3 };
      const nodes = [
        first,
        await yard(given, { operation, folder: first.folder }),
        await yard(given, { operation, folder: first.folder }),
      ];
      for (let i = 0; i < 12; i++) await first.drop(`f${i}`, `${i}`);
      for (let round = 0; round < 3; round++) {
        for (const { clock } of nodes) clock.advance(10_000);
        await Promise.all(nodes.map(({ engine }) => engine.scan()));
        expect((await readdir(first.at('stage'))).length).toBe(round === 0 ? 0 : 3);
      }
      letAllGo();
      await Promise.all(nodes.map(({ engine }) => engine.drain()));
    });
  });
}
