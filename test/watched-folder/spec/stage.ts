import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import type { OperationJob } from '@vigie/agent/watched-folder/operation';
import { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect } from 'vitest';
import { violations } from '../../agent/watched-folder/invariants.ts';
import { createOperation } from '../../agent/watched-folder/trivial-operation.ts';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, memoryFolder, passOn, recorded, yard } from './yard.ts';

/** Several engines in one shared folder, each a holder of its own, until nothing is left in input. */
async function sharedScans(engines: number, files: number, batchSize: number) {
  const folder = await memoryFolder();
  const calls: string[][] = [];
  const nodes = [];
  for (let node = 0; node < engines; node++) {
    const own: string[] = [];
    calls.push(own);
    const trivial = createOperation();
    const made = await yard(
      { shared: true, batchSize, concurrency: 4, hexadecimalNames: false },
      {
        folder,
        operation(job, signal) {
          own.push(job.name);
          return trivial(job, signal);
        },
      },
    );
    nodes.push(made);
  }
  const [first] = nodes as [(typeof nodes)[0]];
  const dropped = Array.from({ length: files }, (_, i) => Buffer.from(`file ${i}`));
  for (const [i, bytes] of dropped.entries()) writeFileSync(first.at(`input/f${i}`), bytes);
  for (let round = 0; (await readdir(first.at('input'))).length > 0; round++) {
    expect(round).toBeLessThan(1_000);
    await Promise.all(nodes.map(({ engine }) => engine.scan()));
    await Promise.all(nodes.map(({ engine }) => engine.drain()));
    for (const { clock } of nodes) clock.advance(1_000);
  }
  return { nodes, calls, dropped, ends: nodes.flatMap(({ ends }) => ends) };
}

export function stageLines(): void {
  describe('D. Stage and locks', () => {
    line('D01', 'a scan locks, moves what matches to stage, and unlocks', async () => {
      const locked: boolean[] = [];
      const disk: Disk = {
        ...quickDisk,
        async rename(from, to) {
          if (from.includes('/input/') && to.includes('/stage/') && !from.includes('probe')) {
            locked.push((await readdir(from.slice(0, from.indexOf('/input/')))).includes('.vigie-lock'));
          }
          return quickDisk.rename(from, to);
        },
      };
      const made = await yard({ shared: true }, { disk });
      for (const name of ['a', 'b']) await made.drop(name, name);
      await made.ripeScan();
      expect(locked).toEqual([true, true]);
      expect(await readdir(made.folder)).not.toContain('.vigie-lock');
      await made.engine.drain();
    });

    line('D02', 'two scanners and 1,000 files: each file once', async () => {
      const { calls, dropped, nodes } = await sharedScans(2, 1_000, 50);
      const all = calls.flat();
      expect(all).toHaveLength(1_000);
      expect(new Set(all).size).toBe(1_000);
      expect(Object.keys(await (nodes[0] as (typeof nodes)[0]).kept('result'))).toHaveLength(dropped.length);
    });

    line('D03', 'after the move others may scan while the first works', async () => {
      const { operation, working, letAllGo } = held();
      const first = await yard({ shared: true, throttling: false }, { operation });
      const second = await yard({ shared: true, throttling: false }, { folder: first.folder });
      await first.drop('a', 'a');
      await first.ripeScan();
      await until('the first works', () => working().length === 1);
      await first.drop('b', 'b');
      expect(await second.ripeScan()).toMatchObject({ claimed: 1 });
      await second.engine.drain();
      expect(await second.names('result')).toEqual(['b']);
      letAllGo();
      await first.engine.drain();
      expect(await second.names('result')).toEqual(['a', 'b']);
    });

    line('D04', 'a candidate lies in stage before its operation begins', async () => {
      const there: string[][] = [];
      const made = await yard(
        {},
        {
          operation: async (job, signal) => {
            there.push(
              await readdir(job.file.slice(0, job.file.indexOf('/stage/') + 6)),
              await readdir(made.at('input')),
            );
            expect(job.file).toBe(made.at(`stage/${job.jobId}/a`));
            return passOn(job, signal);
          },
        },
      );
      await made.drop('a', 'a');
      await made.settle();
      expect(there).toEqual([[expect.any(String)], []]);
      expect(made.ends).toEqual(['result']);
    });

    line('D05', 'staged files become the inputs that the mapping names, and then the operation is called', async () => {
      const { operation, calls } = recorded();
      const made = await yard(
        { inputs: { page: { variable: '*.txt' }, copies: { literal: 2, type: 'integer' } } },
        { operation },
      );
      await made.drop('a.txt', 'a');
      await made.settle();
      const [job] = calls as [OperationJob];
      expect(job.inputs).toEqual({ page: { document: job.file }, copies: 2 });
      expect(job.file).toContain('/stage/');
    });

    line('D06', 'stage is empty after success and after failure', async () => {
      const made = await yard({}, { operation: createOperation() });
      await made.drop('good', 'sound');
      await made.drop('bad', 'torn');
      await made.settle();
      expect(await readdir(made.at('stage'))).toEqual([]);
      expect(await made.names('preserve')).toEqual(['good']);
      expect(await made.names('failure')).toEqual(['bad']);
    });

    line('D07', 'what lies in stage is what counts as in flight', async () => {
      const busy = async () => {
        throw new VigieError('busy', 'not now', { retryable: true });
      };
      const made = await yard({ batchSize: 3 }, { operation: busy });
      for (const name of ['a', 'b', 'c', 'd']) await made.drop(name, name);
      await made.put('stage/0job/x', 'left by another process');
      await made.engine.recoverStage();
      expect(await made.ripeScan()).toMatchObject({ claimed: 2, waiting: 2 });
      await made.engine.drain();
      expect(made.engine.condition().staged).toBe((await readdir(made.at('stage'))).length);
      expect(await made.engine.scan()).toMatchObject({ throttled: true });
    });

    line('D08', 'three scanners at interval 1 s and batch 50: no false failure', async () => {
      const { nodes, dropped, ends, calls } = await sharedScans(3, 600, 50);
      expect(ends.filter((end) => end === 'failure')).toEqual([]);
      expect(ends).toHaveLength(600);
      expect(calls.flat()).toHaveLength(600);
      const [first] = nodes as [(typeof nodes)[0]];
      expect(Object.values(await first.kept('result')).sort()).toEqual(dropped.map(String).sort());
      expect(await first.names('failure')).toEqual([]);
    });

    line('D09', 'stage is cleaned when preserve is null', async () => {
      const made = await yard({ preserve: null }, { operation: createOperation((bytes) => bytes) });
      await made.drop('a', 'sound');
      await made.settle();
      expect(await readdir(made.at('stage'))).toEqual([]);
      expect(await made.names('preserve')).toEqual([]);
      const wrong = await violations({ root: made.folder, books: made.books, dropped: [Buffer.from('sound')] });
      // Its original is not kept, which was asked for; nothing else is amiss.
      expect(wrong.filter((text) => !text.includes('not in preserve'))).toEqual([]);
    });
  });
}
