import { readdir, readFile, rm } from 'node:fs/promises';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect } from 'vitest';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, passOn, yard } from './yard.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `f${String(i).padStart(2, '0')}`);
const stalled: Operation = async () => {
  throw new VigieError('busy', 'not now', { retryable: true });
};

/** Twelve ripe files, a batch of 4, and an operation that holds each of them. */
async function batchOfFour(throttling: boolean) {
  const { operation, working, letGo, letAllGo } = held();
  const made = await yard({ batchSize: 4, concurrency: 16, throttling }, { operation });
  for (const name of names(12)) await made.drop(name, name);
  expect(await made.ripeScan()).toMatchObject({ claimed: 4 });
  await until('four work', () => working().length === 4);
  return {
    ...made,
    working,
    async letGo(...those: string[]) {
      for (const name of those) letGo(name);
      await until('they have ended', () => made.ends.length === those.length);
    },
    async end() {
      letAllGo();
      await made.engine.drain();
    },
  };
}

const EXPIRED = 'File not processed after a significant amount of time, marking as failure!';

export function throttlingLines(): void {
  describe('L. Throttling', () => {
    line('L01', 'throttling is on by default, in both profiles', () => {
      for (const profile of ['aem', 'camera'] as const) {
        expect(watchedFolderConfig.parse({ profile }).throttling).toBe(true);
      }
    });

    line('L02', 'off, batch 4: each scan begins 4 more, whatever still runs', async () => {
      const made = await batchOfFour(false);
      expect(await made.engine.scan()).toMatchObject({ claimed: 4 });
      expect(await made.engine.scan()).toMatchObject({ claimed: 4 });
      await until('all work', () => made.working().length === 12);
      await made.end();
    });

    line('L03', 'on, batch 4, 3 finished and 1 running: 3 are begun', async () => {
      const made = await batchOfFour(true);
      await made.letGo('f00', 'f01', 'f02');
      expect(await made.engine.scan()).toMatchObject({ claimed: 3 });
      await made.end();
    });

    line('L04', 'at the limit input is not looked at, until a job has ended and a scan comes', async () => {
      let looks = 0;
      const disk: Disk = {
        ...quickDisk,
        names(folder) {
          if (folder.endsWith('/input')) looks += 1;
          return quickDisk.names(folder);
        },
      };
      const { operation, working, letGo, letAllGo } = held();
      const made = await yard({ batchSize: 1 }, { operation, disk });
      for (const name of ['a', 'b']) await made.drop(name, name);
      await made.ripeScan();
      await until('one works', () => working().length === 1);
      looks = 0;
      expect(await made.engine.scan()).toMatchObject({ claimed: 0, throttled: true });
      expect(looks).toBe(0);
      letGo(working()[0] as string);
      await until('it has ended', () => made.ends.length === 1);
      expect(looks).toBe(0);
      expect(await made.engine.scan()).toMatchObject({ claimed: 1, throttled: false });
      letAllGo();
      await made.engine.drain();
    });

    line('L05', 'synchronous: all jobs of a scan count, although they run one by one', async () => {
      const staged: number[] = [];
      const made = await yard(
        { asynchronous: false, batchSize: 4 },
        {
          operation: async (job, signal) => {
            staged.push(made.engine.condition().staged);
            return passOn(job, signal);
          },
        },
      );
      for (const name of names(6)) await made.drop(name, name);
      await made.ripeScan();
      expect(staged).toEqual([4, 3, 2, 1]);
    });

    line('L06', 'stalled jobs take room: 3 of 4 ⇒ 1 a scan, 4 of 4 ⇒ none', async () => {
      const three: Operation = (job, signal) => (job.name < 'f03' ? stalled : passOn)(job, signal);
      const made = await yard({ batchSize: 4 }, { operation: three });
      for (const name of names(6)) await made.drop(name, name);
      expect(await made.ripeScan()).toMatchObject({ claimed: 4 });
      await made.engine.drain();
      expect(await made.engine.scan()).toMatchObject({ claimed: 1 });
      await made.engine.drain();
      expect(await made.engine.scan()).toMatchObject({ claimed: 1 });
      await made.engine.drain();
      const full = await yard({ batchSize: 4 }, { operation: stalled });
      for (const name of names(6)) await full.drop(name, name);
      await full.ripeScan();
      await full.engine.drain();
      expect(await full.engine.scan()).toMatchObject({ claimed: 0, throttled: true });
    });

    line('L07', 'a stalled file that a person takes out of stage frees its room', async () => {
      const made = await yard({ batchSize: 1 }, { operation: stalled });
      for (const name of ['a', 'b']) await made.drop(name, name);
      await made.ripeScan();
      await made.engine.drain();
      const [job] = await readdir(made.at('stage'));
      await rm(made.at(`stage/${job}`), { recursive: true });
      made.clock.advance(3_600_000);
      await made.engine.scan();
      await made.engine.drain();
      expect(await made.engine.scan()).toMatchObject({ claimed: 1, throttled: false });
      await made.engine.drain();
    });

    line('L08', 'files that were staged when the process went are taken up by the next', async () => {
      const { operation } = held();
      const first = await yard({ batchSize: 2 }, { operation });
      for (const name of ['a', 'b']) await first.drop(name, name);
      await first.ripeScan();
      await first.engine[Symbol.asyncDispose]();
      expect(await readdir(first.at('stage'))).toHaveLength(2);
      const second = await yard({ batchSize: 2 }, { folder: first.folder, books: first.books });
      await second.engine.drain();
      expect(await second.names('result')).toEqual(['a', 'b']);
      expect(second.engine.condition().staged).toBe(0);
    });

    line('L10', 'the limit is that of all engines of a shared folder', async () => {
      const { operation, working, letAllGo } = held();
      const first = await yard({ shared: true, batchSize: 2, concurrency: 2 }, { operation });
      const second = await yard({ shared: true, batchSize: 2 }, { folder: first.folder });
      for (const name of names(4)) await first.drop(name, name);
      expect(await first.ripeScan()).toMatchObject({ claimed: 2 });
      await until('both work', () => working().length === 2);
      expect(await second.ripeScan()).toMatchObject({ claimed: 0, throttled: true });
      letAllGo();
      await first.engine.drain();
      expect(await second.ripeScan()).toMatchObject({ claimed: 2, throttled: false });
      await second.engine.drain();
    });

    line(
      'L11',
      'a file that is staged for longer than the expiration fails with that reason; off by default',
      async () => {
        expect(watchedFolderConfig.parse({ profile: 'aem' }).stageExpiration).toBeNull();
        const made = await yard({ stageExpiration: '1h' }, { operation: stalled });
        await made.drop('a', 'a');
        await made.ripeScan();
        await made.engine.drain();
        made.clock.advance(3_500_000);
        await made.engine.scan();
        await made.engine.drain();
        expect(await made.names('failure')).toEqual([]);
        made.clock.advance(200_000);
        await made.engine.scan();
        await made.engine.drain();
        expect(await made.kept('failure')).toEqual({ a: 'a' });
        expect(await readFile(made.at('failure/failure.log'), 'utf8')).toContain(EXPIRED);
        expect(await readdir(made.at('stage'))).toEqual([]);
      },
    );

    line('L12', 'it is for throttled folders alone, unless all are told to', async () => {
      for (const [expireOnlyWhenThrottled, failed] of [
        [true, []],
        [false, ['a']],
      ] as const) {
        const given = { stageExpiration: '1h', throttling: false, expireOnlyWhenThrottled };
        const made = await yard(given, { operation: stalled });
        await made.drop('a', 'a');
        await made.ripeScan();
        await made.engine.drain();
        made.clock.advance(7_200_000);
        await made.engine.scan();
        await made.engine.drain();
        expect(await made.names('failure')).toEqual(failed);
      }
      expect(watchedFolderConfig.parse({ profile: 'aem' }).expireOnlyWhenThrottled).toBe(true);
    });

    line('L13', 'an expired job that runs is stopped first: it has one end, and the log says which', async () => {
      const { operation, working } = held();
      const made = await yard({ stageExpiration: '1h' }, { operation });
      await made.drop('a', 'a');
      await made.ripeScan();
      await until('it works', () => working().length === 1);
      made.clock.advance(7_200_000);
      await made.engine.scan();
      await until('it has ended', () => made.ends.length > 0);
      await made.engine.drain();
      expect(made.ends).toEqual(['failure']);
      expect(await made.names('failure')).toEqual(['a']);
      expect(await made.names('result')).toEqual([]);
      const log = await readFile(made.at('failure/failure.log'), 'utf8');
      expect(log.trim().split('\n')).toEqual([expect.stringContaining(EXPIRED)]);
    });
  });
}
