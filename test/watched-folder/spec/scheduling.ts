import { writeFileSync } from 'node:fs';
import { createScanPool } from '@vigie/agent/endpoints/scan-pool';
import { cronFault, cronSchedule } from '@vigie/agent/watched-folder/cron';
import { type Disk, quickDisk } from '@vigie/agent/watched-folder/disk';
import { type GivenFolderConfig, watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { describe, expect, onTestFinished } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, memoryFolder, yard } from './yard.ts';

const parse = (given: GivenFolderConfig) => watchedFolderConfig.safeParse({ profile: 'aem', ...given });

/** A folder whose loop runs by a clock that the test moves; `scans` counts its looks at input. */
async function looping(given: GivenFolderConfig, scanMs = 0) {
  const clock = createSteppedClock(Date.now());
  let scans = 0;
  const disk: Disk = {
    ...quickDisk,
    async names(folder) {
      if (counting && folder.endsWith('/input')) {
        scans += 1;
        clock.take(scanMs);
      }
      return quickDisk.names(folder);
    },
  };
  let counting = false;
  const made = await yard(given, { clock, disk });
  counting = true;
  const stop = new AbortController();
  const running = made.engine.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  const rests = () => until('the loop rests', () => clock.sleepers() > 0);
  await rests();
  return {
    ...made,
    clock,
    scans: () => scans,
    async pass(ms: number) {
      await clock.go(ms);
      await rests();
    },
  };
}

/** The next times of a pattern after an instant, in UTC. */
function times(pattern: string, after: string, count: number): string[] {
  const next = cronSchedule(pattern, 'UTC');
  const found: string[] = [];
  for (let at = Date.parse(after); found.length < count; ) {
    const due = next(at);
    if (due === undefined) break;
    found.push(new Date(due).toISOString().slice(0, 16));
    at = due;
  }
  return found;
}

export function schedulingLines(): void {
  describe('B. Scheduling', () => {
    line('B01', 'the repeat interval is 5 s by default, and written with its unit', () => {
      expect(parse({}).data?.interval).toBe(5_000);
      expect(parse({ interval: '90s' }).data?.interval).toBe(90_000);
    });

    line('B02', 'an interval of 0, or a negative one, is refused; 1 s is taken', () => {
      for (const interval of ['0s', '-1s', '49ms']) expect(parse({ interval }).success, interval).toBe(false);
      expect(parse({ interval: '1s' }).success).toBe(true);
    });

    line('B03', 'a scan begins every interval: 12 scans in 60 s at 5 s', async () => {
      const { scans, pass } = await looping({ interval: '5s' });
      const first = scans();
      for (let second = 0; second < 60; second++) await pass(1_000);
      await until('the twelfth', () => scans() >= first + 12);
      expect(scans()).toBe(first + 12);
    });

    line('B03', 'that holds too when each scan takes 2 s', async () => {
      const { scans, pass, clock } = await looping({ interval: '5s' }, 2_000);
      const [first, end] = [scans(), clock.now() + 60_000];
      while (clock.now() < end) await pass(100);
      expect(scans() - first).toBeGreaterThanOrEqual(11);
      expect(scans() - first).toBeLessThanOrEqual(13);
    });

    line('B04', 'with cron the interval is ignored', async () => {
      const { scans, pass, clock } = await looping({ interval: '1s', cron: '0 0 12 * * ?' });
      const before = clock.now();
      for (let minute = 0; minute < 10; minute++) await pass(60_000);
      const noons = Math.floor((clock.now() - NOON) / DAY) - Math.floor((before - NOON) / DAY);
      expect(scans()).toBe(noons);
      await pass(DAY);
      await until('noon', () => scans() >= noons + 1);
      expect(scans()).toBe(noons + 1);
    });

    line('B05', 'cron has the grammar of Quartz', () => {
      // 2026-07-01 is a Wednesday.
      const from = '2026-07-01T12:00:00Z';
      expect(times('0 0 12 ? * MON,WED,FRI', from, 3)).toEqual([
        '2026-07-03T12:00',
        '2026-07-06T12:00',
        '2026-07-08T12:00',
      ]);
      expect(times('0 0/20 8-9 * * ?', from, 2)).toEqual(['2026-07-02T08:00', '2026-07-02T08:20']);
      expect(times('0 0 0 L * ?', from, 2)).toEqual(['2026-07-31T00:00', '2026-08-31T00:00']);
      expect(times('0 0 0 15W * ?', '2026-08-01T00:00:00Z', 1)).toEqual(['2026-08-14T00:00']);
      expect(times('0 0 0 ? * 6#3', from, 1)).toEqual(['2026-07-17T00:00']);
      expect(times('0 0 0 ? * 6L', from, 1)).toEqual(['2026-07-31T00:00']);
      expect(times('0 0 0 1 JAN ? 2027-2028', from, 3)).toEqual(['2027-01-01T00:00', '2028-01-01T00:00']);
      expect(times('0 0 0 ? * 1', from, 1)).toEqual(['2026-07-05T00:00']);
    });

    line('B06', 'an invalid cron pattern is refused with the position of the error', () => {
      expect(cronFault('0 0 25 * * ?')).toMatch(/^character 5, the hour: /);
      expect(cronFault('0 0 12 ? * MON,XYZ')).toMatch(/^character 12, the day of the week: /);
      expect(cronFault('0 0 12 * *')).toContain('5 fields');
      expect(parse({ cron: '0 0 25 * * ?' }).error?.issues[0]?.message).toContain('character 5');
    });

    line('B07', 'a repeat count of 3 is exactly 3 scans; −1, the default, is for ever', async () => {
      expect(parse({}).data?.repeatCount).toBe(-1);
      const { scans, pass } = await looping({ interval: '5s', repeatCount: 3 });
      await pass(5_000);
      await pass(5_000);
      await until('the third', () => scans() >= 3);
      for (let more = 0; more < 5; more++) await pass(60_000);
      expect(scans()).toBe(3);
    });

    line('B08', 'without throttling a scan begins further jobs while the earlier ones run', async () => {
      const { operation, working, letAllGo } = held();
      const made = await yard({ throttling: false, batchSize: 2, concurrency: 8 }, { operation });
      for (const name of ['a', 'b', 'c', 'd']) await made.drop(name, name);
      expect(await made.ripeScan()).toMatchObject({ claimed: 2 });
      await until('the first batch works', () => working().length === 2);
      expect(await made.engine.scan()).toMatchObject({ claimed: 2 });
      await until('both batches work at once', () => working().length === 4);
      letAllGo();
      await made.engine.drain();
    });

    line('B09', 'a scan of 10,000 files sees them all and ends soon', async () => {
      const made = await yard({ batchSize: 1, waitTime: '1h' }, { folder: await memoryFolder() });
      for (let i = 0; i < 10_000; i++) writeFileSync(made.at(`input/f${i}`), 'x');
      const begun = performance.now();
      expect(await made.engine.scan()).toMatchObject({ claimed: 0, waiting: 10_000 });
      // The figure itself is measured by the benchmark, on a quiet machine; here a scan that is quadratic would be found.
      expect(performance.now() - begun).toBeLessThan(5_000);
    });

    line('B10', 'a folder whose disk does not answer delays no other folder’s scan', async () => {
      const pool = createScanPool({ threads: 2 });
      let answer: (() => void) | undefined;
      let hangs = false;
      const hanging: Disk = {
        ...quickDisk,
        async look(path) {
          if (hangs) {
            await new Promise<void>((resolve) => {
              const before = answer;
              answer = () => {
                before?.();
                resolve();
              };
            });
          }
          return quickDisk.look(path);
        },
      };
      const slow = await yard({}, { disk: pool.join().share(hanging) });
      const quick = await yard({}, { disk: pool.join().share(quickDisk) });
      for (let i = 0; i < 8; i++) await slow.drop(`s${i}`, 's');
      await quick.drop('q', 'q');
      hangs = true;
      const stuck = slow.engine.scan();
      await until('it hangs', () => answer !== undefined);
      await quick.settle();
      expect(await quick.names('result')).toEqual(['q']);
      hangs = false;
      answer?.();
      await stuck;
    });
  });
}

const DAY = 86_400_000;
const NOON = 43_200_000;
