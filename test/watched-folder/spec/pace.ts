import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { describe, expect } from 'vitest';
import { until } from '../../support/temp.ts';
import { line } from './line.ts';
import { held, memoryFolder, yard } from './yard.ts';

/**
 * Files arrive at a rate, and the folder scans at its interval, by a clock that is put forward. Returns how many were left in input after each
 * scan, once the first ones are ripe.
 */
async function backlogs(given: GivenFolderConfig, arrivals: { each: number; rounds: number; stepMs: number }) {
  const made = await yard(
    { settleTime: '0s', concurrency: 4, preserve: null, ...given },
    { folder: await memoryFolder() },
  );
  const left: number[] = [];
  for (let round = 0; round < arrivals.rounds; round++) {
    for (let i = 0; i < arrivals.each; i++) writeFileSync(made.at(`input/r${round}n${i}`), 'x');
    await made.engine.scan();
    await made.engine.drain();
    made.clock.advance(arrivals.stepMs);
    if (round > 0) left.push((await made.names('input')).length);
  }
  return { made, left };
}

/** How many of eight staged jobs work at the same time, once as many do as may. */
async function atOnce(concurrency: number): Promise<number> {
  const { operation, working, letAllGo } = held();
  const made = await yard({ batchSize: 8, concurrency }, { operation });
  for (let i = 0; i < 8; i++) await made.drop(`f${i}`, 'x');
  expect(await made.ripeScan()).toMatchObject({ claimed: 8 });
  await until('as many work as may', () => working().length === concurrency);
  // One more would have come by now: scans go through the same disk.
  for (let scans = 0; scans < 3; scans++) await made.engine.scan();
  const count = working().length;
  letAllGo();
  await made.engine.drain();
  expect(await made.names('result')).toHaveLength(8);
  return count;
}

export function paceLines(): void {
  describe('P. Performance statements', () => {
    line('P01', '100 folders on one node', async () => {
      const root = await memoryFolder();
      const folders = [];
      for (let i = 0; i < 100; i++) folders.push(await yard({ preserve: null }, { folder: join(root, `${i}`) }));
      for (const [i, { drop }] of folders.entries()) await drop('a', `${i}`);
      await Promise.all(folders.map((made) => made.ripeScan()));
      await Promise.all(folders.map(({ engine }) => engine.drain()));
      for (const [i, made] of folders.entries()) expect(await made.kept('result')).toEqual({ a: `${i}` });
    });

    line('P02', '700 files a minute: batch 350 at an interval of 30 s keeps up', async () => {
      const { made, left } = await backlogs({ batchSize: 350 }, { each: 350, rounds: 4, stepMs: 30_000 });
      // What has just arrived is seen for the first time, and is picked by the next scan.
      expect(left).toEqual([350, 350, 350]);
      expect(await made.names('result')).toHaveLength(3 * 350);
    });

    line('P03', '10 files a second: interval 1 s, batch 10 keeps up', async () => {
      const { left } = await backlogs({ batchSize: 10 }, { each: 10, rounds: 12, stepMs: 1_000 });
      expect(Math.max(...left)).toBe(10);
    });

    line('P04', 'small files: batch 10 every 2 s; else batch 5 every 2 s', async () => {
      for (const batchSize of [10, 5]) {
        const { left } = await backlogs({ batchSize, interval: '2s' }, { each: batchSize, rounds: 6, stepMs: 2_000 });
        expect(Math.max(...left)).toBe(batchSize);
      }
    });

    line('P05', 'one at a time, or as many at once as there is room for', async () => {
      expect(await atOnce(1)).toBe(1);
      expect(await atOnce(4)).toBe(4);
    });

    line('P06', 'what is picked never outruns what is processed', async () => {
      const { operation, working, letAllGo } = held();
      const made = await yard({ batchSize: 3, concurrency: 1 }, { operation });
      for (let i = 0; i < 30; i++) await made.drop(`f${i}`, 'x');
      await made.ripeScan();
      await until('one works', () => working().length === 1);
      for (let scans = 0; scans < 20; scans++) {
        await made.engine.scan();
        made.clock.advance(1_000);
        expect(made.engine.condition().staged).toBeLessThanOrEqual(3);
      }
      expect(await made.names('input')).toHaveLength(27);
      letAllGo();
      await made.engine.drain();
    });
  });
}
