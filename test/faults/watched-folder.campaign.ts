import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rig } from '../agent/watched-folder/rig.ts';
import { cutPower } from './power-cuts.ts';
import { shareFolder } from './shared-folder.ts';
import { killTheEngine } from './watched-folder-kills.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const HOUR_MS = 3_600_000;

test('20,000 files, an interval of 1 s, a batch of 50 and three scanners: each exactly once', {
  timeout: HOUR_MS,
}, async () => {
  const { wrong, ends } = await shareFolder({ files: 20_000, scanners: 3, kills: 0, limitMs: HOUR_MS / 2 });
  expect(wrong).toEqual([]);
  expect(ends.map(({ other }) => other)).toEqual([0, 0, 0]);
  expect(ends.map(({ result }) => result).reduce((sum, count) => sum + count)).toBe(20_000);
});

test(`1,000 kills at random moments (SEED=${SEED})`, { timeout: HOUR_MS }, () => killTheEngine(1_000, SEED));

test('500 power cuts on ext4', { timeout: HOUR_MS }, async () => {
  // After each cut all files are read; a fresh disk now and then keeps that short.
  for (let disk = 1; disk <= 5; disk++) {
    expect(await cutPower(100)).toEqual([]);
    process.stdout.write(`${disk * 100} power cuts, nothing lost\n`);
  }
});

test('a writer at 1 KB/s is never picked up early, whatever the pauses', { timeout: 300_000 }, async () => {
  const { engine, folder } = await rig({ settings: { waitTime: 0, interval: 1_000 } });
  await mkdir(join(folder, 'input'), { recursive: true });
  const stop = new AbortController();
  const running = engine.run(stop.signal);
  const path = join(folder, 'input', 'slow.jpg');
  await writeFile(path, '');
  for (let n = 0; n < 90; n++) {
    await appendFile(path, Buffer.alloc(1_024, n));
    expect(await readdir(join(folder, 'input'))).toEqual(['slow.jpg']);
    await sleep(1_000);
  }
  for (let tries = 0; tries < 100 && (await readdir(join(folder, 'result'))).length === 0; tries++) await sleep(100);
  stop.abort();
  await running;
  expect((await readFile(join(folder, 'result', 'slow.jpg'))).length).toBe(90 * 1_024);
});
