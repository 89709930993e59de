import { readdir, readFile } from 'node:fs/promises';
import { createEndpoint } from '@vigie/agent/endpoints/endpoint';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { silentLog } from '@vigie/shared/kit/log';
import { describe, expect } from 'vitest';
import { createOperation } from '../../agent/watched-folder/trivial-operation.ts';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, passOn, yard } from './yard.ts';

export function invocationLines(): void {
  describe('F. Invocation', () => {
    line('F01', 'invocation is asynchronous by default, in both profiles', () => {
      for (const profile of ['aem', 'camera'] as const) {
        expect(watchedFolderConfig.parse({ profile }).asynchronous).toBe(true);
      }
    });

    line('F02', 'asynchronous: the scan returns at once, and the result comes later', async () => {
      const { operation, working, letAllGo } = held();
      const made = await yard({}, { operation });
      await made.drop('a', 'a');
      expect(await made.ripeScan()).toMatchObject({ claimed: 1 });
      await until('it works', () => working().length === 1);
      expect(await made.names('result')).toEqual([]);
      letAllGo();
      await made.engine.drain();
      expect(await made.names('result')).toEqual(['a']);
    });

    line('F03', 'synchronous: a scan works off its files one after the other, and then returns', async () => {
      let now = 0;
      let most = 0;
      const made = await yard(
        { asynchronous: false, batchSize: 4, concurrency: 4 },
        {
          operation: async (job, signal) => {
            now += 1;
            most = Math.max(most, now);
            await readdir(made.at('stage'));
            now -= 1;
            return passOn(job, signal);
          },
        },
      );
      for (const name of ['a', 'b', 'c', 'd']) await made.drop(name, name);
      expect(await made.ripeScan()).toMatchObject({ claimed: 4 });
      expect(await made.names('result')).toEqual(['a', 'b', 'c', 'd']);
      expect(most).toBe(1);
    });

    line('F04', 'synchronous and slow: the time limit ends it, which is told as a failure', async () => {
      const { operation } = held();
      const made = await yard({ asynchronous: false, timeLimit: '200ms' }, { operation });
      await made.drop('slow', 'slow');
      await made.ripeScan();
      expect(await made.kept('failure')).toEqual({ slow: 'slow' });
      expect(await readFile(made.at('failure/failure.log'), 'utf8')).toContain('took more than 0.2 s');
    });

    line('F05', 'scanning goes on while jobs run, until it is throttled', async () => {
      const { operation, working, letAllGo } = held();
      const made = await yard({ batchSize: 2, concurrency: 2 }, { operation });
      await made.drop('a', 'a');
      await made.ripeScan();
      await until('it works', () => working().length === 1);
      for (const name of ['b', 'c']) await made.drop(name, name);
      expect(await made.ripeScan()).toMatchObject({ claimed: 1, throttled: false });
      expect(await made.engine.scan()).toMatchObject({ claimed: 0, throttled: true });
      letAllGo();
      await made.engine.drain();
    });

    line('F06', 'success: result, and the source in preserve; failure: the source in failure', async () => {
      const made = await yard({}, { operation: createOperation((bytes) => Buffer.concat([bytes, Buffer.from('!')])) });
      await made.drop('good', 'sound');
      await made.drop('bad', 'torn');
      await made.settle();
      expect(await made.kept('result')).toEqual({ good: 'sound!' });
      expect(await made.kept('preserve')).toEqual({ good: 'sound' });
      expect(await made.kept('failure')).toEqual({ bad: 'torn' });
    });

    line('F08', 'nothing is scanned before the operation says that it is ready', async () => {
      const made = await yard({ interval: '50ms', settleTime: '0s' });
      await made.drop('early', 'early');
      await made.engine[Symbol.asyncDispose]();
      const clock = createSteppedClock(Date.now());
      let fault: string | undefined = 'its program is not there yet';
      const endpoint = createEndpoint({
        plan: {
          name: 'yard',
          description: '',
          path: made.folder,
          enabled: true,
          tags: [],
          zone: 'UTC',
          strict: false,
          operation: { type: 'copy', folders: [], address: '', conflict: 'suffix', proof: 'size', timeLimit: 1_000 },
          settings: watchedFolderConfig.parse({ profile: 'aem' }),
          destinations: [],
        },
        operation: {
          run: passOn,
          fault: async () => fault,
          async [Symbol.asyncDispose]() {
            // It holds nothing.
          },
        },
        openFolder: async () => made.engine,
        clock,
        log: silentLog,
      });
      const stop = new AbortController();
      const running = endpoint.run(stop.signal);
      await until('it has been asked', () => endpoint.condition().state === 'not-ready');
      for (let looks = 0; looks < 5; looks++) {
        await until('it looks again', () => clock.sleepers() > 0);
        await clock.go(2_000);
      }
      expect(await made.names('input')).toEqual(['early']);
      fault = undefined;
      await until('it looks again', () => clock.sleepers() > 0);
      await clock.go(2_000);
      await until('it is processed', async () => (await made.names('result')).length === 1);
      stop.abort();
      await running;
    });
  });
}
