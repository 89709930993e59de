import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { quickDisk } from '@vigie/agent/watched-folder/disk';
import { createPurge, type MayDelete, type PurgeConfig, purgeConfig } from '@vigie/agent/watched-folder/purge';
import { treesOf } from '@vigie/agent/watched-folder/trees';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { describe, expect } from 'vitest';
import { filesBelow } from '../../agent/watched-folder/invariants.ts';
import { tempFolder } from '../../support/temp.ts';
import { line } from './line.ts';
import { yard } from './yard.ts';

const DAY = 86_400_000;
/** A whole time after every change that the test makes, so that it alone is a file's age. */
const WRITTEN = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;

const anything: MayDelete = async ({ tree, path }) => ({
  remove: async () => {
    removing.push(`${tree}/${path}`);
    return { removed: true };
  },
});
let removing: string[] = [];

/** The files of these paths, all of one age, and what a purge asks to remove of them. */
async function purged(
  settings: Partial<PurgeConfig>,
  ageMs: number,
  paths: readonly string[],
  mayDelete: MayDelete = anything,
) {
  const folder = await tempFolder();
  for (const path of paths) {
    await mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await writeFile(`${folder}/${path}`, path);
    await utimes(`${folder}/${path}`, WRITTEN / 1000, WRITTEN / 1000);
  }
  for (const tree of ['result', 'preserve', 'failure']) await mkdir(`${folder}/${tree}`, { recursive: true });
  removing = [];
  const purge = createPurge({
    disk: quickDisk,
    trees: treesOf(folder),
    settings: purgeConfig.parse(settings),
    mayDelete,
    clock: { ...systemClock, now: () => WRITTEN + ageMs },
    log: silentLog,
  });
  const outcome = await purge.run();
  return { outcome, removed: removing.sort(), left: [...(await filesBelow(folder)).keys()].sort() };
}

const TREES = ['failure/f', 'input/i', 'preserve/p', 'result/deep/r2', 'result/r', 'stage/job/s'];

export function purgeLines(): void {
  describe('K. Purge', () => {
    line('K01', 'the duration is in days, and −1, for never, by default', async () => {
      expect(purgeConfig.parse({})).toEqual({ result: -1, preserve: -1, failure: -1 });
      expect((await purged({}, 40_000 * DAY, TREES)).removed).toEqual([]);
    });

    line('K02', 'result with its sub-folders, preserve and failure have a duration each', async () => {
      expect((await purged({ result: 3 }, 4 * DAY, TREES)).removed).toEqual(['result/deep/r2', 'result/r']);
      expect((await purged({ preserve: 3 }, 4 * DAY, TREES)).removed).toEqual(['preserve/p']);
      expect((await purged({ failure: 3 }, 4 * DAY, TREES)).removed).toEqual(['failure/f']);
    });

    line('K02', 'the folder itself does it, with what its settings say', async () => {
      const removing: MayDelete = async ({ tree, path }) => ({
        remove: async () => {
          await rm(made.at(`${tree}/${path}`));
          return { removed: true };
        },
      });
      const made = await yard({ purge: { result: 3 } }, { mayDelete: removing });
      for (const path of TREES) await made.put(path, path);
      expect(await made.engine.purge()).toMatchObject({ removed: 0 });
      made.clock.advance(4 * DAY);
      expect(await made.engine.purge()).toMatchObject({ removed: 2, kept: 0 });
      expect(await made.names('result')).toEqual([]);
      expect([await made.names('preserve'), await made.names('failure'), await made.names('input')]).toEqual([
        ['p'],
        ['f'],
        ['i'],
      ]);
    });

    line('K03', 'exactly N days are kept; a millisecond more is not', async () => {
      expect((await purged({ result: 3 }, 3 * DAY, TREES)).removed).toEqual([]);
      expect((await purged({ result: 3 }, 3 * DAY + 1, TREES)).removed).toHaveLength(2);
    });

    line('K04', '0 days are refused', () => {
      for (const days of [0, -2, 1.5]) expect(purgeConfig.safeParse({ result: days }).success, `${days}`).toBe(false);
    });

    line('K05', 'input and stage are never touched', async () => {
      const { removed, left } = await purged({ result: 1, preserve: 1, failure: 1 }, 900 * DAY, TREES);
      expect(removed.filter((path) => /^(input|stage)/.test(path))).toEqual([]);
      expect(left).toEqual(expect.arrayContaining(['input/i', 'stage/job/s']));
    });

    line('K06', 'what no destination has proved is never deleted, however old', async () => {
      const unproved: MayDelete = async (file) =>
        file.path === 'r' ? { keep: 'no destination has proved it' } : anything(file);
      const { outcome, removed } = await purged({ result: 1, preserve: 1 }, 900 * DAY, TREES, unproved);
      expect(removed).toEqual(['preserve/p', 'result/deep/r2']);
      expect(outcome).toMatchObject({ removed: 2, kept: 1 });
    });
  });
}
