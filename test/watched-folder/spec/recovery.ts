import { copyFile, link, readdir, rename } from 'node:fs/promises';
import { claimedAt } from '@vigie/agent/watched-folder/claim';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect } from 'vitest';
import { intent } from '../../agent/watched-folder/intent.ts';
import { violations } from '../../agent/watched-folder/invariants.ts';
import { rig } from '../../agent/watched-folder/rig.ts';
import { createOperation } from '../../agent/watched-folder/trivial-operation.ts';
import { line } from './line.ts';
import { held, passOn, recorded, yard } from './yard.ts';

const stuck = async () => {
  throw new VigieError('busy', 'not now', { retryable: true });
};

/** A folder as a crash left it: files in stage, nobody at work. */
async function crashed(staged: Record<string, string>) {
  const made = await yard({}, recorded());
  await made.engine[Symbol.asyncDispose]();
  for (const [path, content] of Object.entries(staged)) await made.put(`stage/${path}`, content);
  return made;
}

export function recoveryLines(): void {
  describe('N. Crash and recovery', () => {
    line('N01', 'a crash between the move to stage and the job: it is a job at the next start', async () => {
      const { folder, books } = await crashed({ '0job1/a': 'a', '0job2/b': 'b' });
      const next = await yard({}, { folder, books, operation: createOperation() });
      await next.engine.drain();
      expect(await violations({ root: folder, books, dropped: [Buffer.from('a'), Buffer.from('b')] })).toEqual([]);
    });

    line(
      'N02',
      'synchronous, a crash in the middle: all that is staged is run again, and nothing comes twice',
      async () => {
        const { folder, books, put } = await crashed({ '0job1/a': 'a', '0job2/b': 'b', '0job3/c': 'c' });
        await put('stage/0job1/.work/half', 'half a result');
        const { operation, calls } = recorded(createOperation());
        const next = await yard({ asynchronous: false }, { folder, books, operation });
        await next.engine.scan();
        expect(calls.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
        const dropped = ['a', 'b', 'c'].map((text) => Buffer.from(text));
        expect(await violations({ root: folder, books, dropped })).toEqual([]);
      },
    );

    line('N03', 'asynchronous: the books and the disk tell which of a job’s steps are done', async () => {
      const { folder, books, at } = await crashed({ '0intended/a': 'a', '0placed/b': 'b', '0filed/c': 'c' });
      books.intend('0intended', [intent('a', 'a')]);
      books.intend('0placed', [intent('b', 'b')]);
      books.intend('0filed', [intent('c', 'c')]);
      await link(at('stage/0placed/b'), at('result/b'));
      await link(at('stage/0filed/c'), at('result/c'));
      books.filed('0filed');
      const { operation, calls } = recorded(createOperation());
      const next = await yard({}, { folder, books, operation });
      await next.engine.drain();
      expect(calls.map(({ name }) => name)).toEqual(['a']);
      const dropped = ['a', 'b', 'c'].map((text) => Buffer.from(text));
      expect(await violations({ root: folder, books, dropped })).toEqual([]);
    });

    line(
      'N04',
      'by hand: stop the intake, find what is stuck by its time, move it back to input, start again',
      async () => {
        const first = await yard({}, { operation: stuck });
        await first.drop('a', 'a');
        const begun = first.clock.now();
        await first.ripeScan();
        await first.engine.drain();
        await first.engine[Symbol.asyncDispose]();

        const paused = await yard(
          { include: 'NOMATCH' },
          { folder: first.folder, books: first.books, operation: stuck },
        );
        await paused.drop('b', 'b');
        await paused.ripeScan();
        await paused.engine.drain();
        const [job] = await readdir(first.at('stage'));
        expect(claimedAt(job as string)).toBeGreaterThanOrEqual(begun);
        expect(claimedAt(job as string)).toBeLessThanOrEqual(first.clock.now());
        await paused.engine[Symbol.asyncDispose]();
        await rename(first.at(`stage/${job}/a`), first.at('input/a'));

        const { operation, calls } = recorded(createOperation());
        const last = await yard({}, { folder: first.folder, books: first.books, operation });
        await last.settle();
        expect(calls.map(({ name }) => name).sort()).toEqual(['a', 'b']);
        const dropped = ['a', 'b'].map((text) => Buffer.from(text));
        expect(await violations({ root: first.folder, books: first.books, dropped })).toEqual([]);
      },
    );

    line(
      'N05',
      '"recover stage" does it all and tells of each file; a file that was copied back counts once',
      async () => {
        const { folder, books, at } = await crashed({ '0job1/a': 'a', '0job2/b': 'torn' });
        await copyFile(at('stage/0job1/a'), at('input/a'));
        const next = await rig({ folder, books, operation: createOperation() });
        const { jobs, copies } = await next.engine.recoverStage();
        expect(jobs).toEqual([
          { jobId: '0job1', name: 'a', end: 'result' },
          { jobId: '0job2', name: 'b', end: 'failure' },
        ]);
        expect(copies).toEqual(['a']);
        await next.settle();
        expect(await violations({ root: folder, books, dropped: [Buffer.from('a'), Buffer.from('torn')] })).toEqual([]);
      },
    );

    line('N06', 'how long the staged jobs will take is told from those that have ended', async () => {
      const { operation: holding, letAllGo } = held();
      let hold = false;
      const operation: Operation = async (job, signal) => {
        if (hold) return holding(job, signal);
        made.clock.advance(4_000);
        return passOn(job, signal);
      };
      const made = await yard({ batchSize: 6, concurrency: 2 }, { operation });
      expect(made.engine.condition().remainingMs).toBeNull();
      await made.drop('first', 'first');
      await made.ripeScan();
      await made.engine.drain();
      expect(made.engine.condition().remainingMs).toBe(0);
      hold = true;
      for (let i = 0; i < 6; i++) await made.drop(`f${i}`, 'x');
      expect(await made.ripeScan()).toMatchObject({ claimed: 6 });
      // Six jobs of some four seconds, two at a time.
      expect(made.engine.condition().remainingMs).toBeGreaterThanOrEqual(12_000);
      expect(made.engine.condition().remainingMs).toBeLessThan(20_000);
      letAllGo();
      await made.engine.drain();
    });
  });
}
