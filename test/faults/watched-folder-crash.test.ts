import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Books } from '@vigie/agent/watched-folder/books';
import { type Disk, localDisk } from '@vigie/agent/watched-folder/disk';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { silentLog } from '@vigie/shared/kit/log';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileBooks, type FileBooks } from '../agent/watched-folder/file-books.ts';
import { violations } from '../agent/watched-folder/invariants.ts';
import { shiftedClock } from '../agent/watched-folder/rig.ts';
import { createOperation, TORN } from '../agent/watched-folder/trivial-operation.ts';
import { type CrashPlan, crashingMachine } from './watched-folder-crashes.ts';

const run = promisify(execFile);
const change = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(' made')]);

/** One wrong build: the engine itself, with a port that breaks one of the rules. */
type Mutant = { books?: (books: FileBooks) => Books; disk?: (disk: Disk) => Partial<Disk> };

/** Everything has one name in result: whoever comes second takes a suffix. */
const DROPS: [string, string][] = [
  ['a.jpg', 'same'],
  ['b.jpg', 'same'],
  ['c.jpg', `${TORN} picture`],
];

/** Drops files, crashes as planned (perhaps again while recovering), recovers, and tells what is wrong then. */
async function crashAndRecover(
  root: string,
  plans: CrashPlan[],
  options: { change?: typeof change; fifo?: boolean; mutant?: Mutant } = {},
): Promise<{ wrong: string[]; crashes: number }> {
  const folder = join(root, 'folder');
  await rm(folder, { recursive: true, force: true });
  const books = createFileBooks();
  const clock = shiftedClock();
  const { mutant = {} } = options;
  const spare = join(root, 'spare');
  await rm(spare, { recursive: true, force: true });
  await mkdir(spare);
  await mkdir(join(folder, 'input'), { recursive: true });
  const dropped = DROPS.map(([, content]) => Buffer.from(content));
  for (const [name, content] of DROPS) await writeFile(join(folder, 'input', name), content);
  if (options.fifo) await run('mkfifo', [join(folder, 'input/fifo')]);

  async function life(disk: Disk, itsBooks: Books): Promise<void> {
    const engine = createWatchedFolder({
      name: 'yard',
      folder,
      zone: 'UTC',
      operation: createOperation(options.change),
      books: itsBooks,
      clock,
      log: silentLog,
      random: Math.random,
      disk,
      settings: watchedFolderConfig.parse({
        include: '*',
        result: 'all.jpg',
        preserve: '',
        failure: '',
        concurrency: 2,
      }),
    });
    try {
      for (let scans = 0; scans < 4; scans++) {
        await engine.scan();
        await engine.drain();
        clock.advance(100_000);
      }
    } finally {
      await engine[Symbol.asyncDispose]();
    }
  }

  let crashes = 0;
  const built = (disk: Disk): Disk => ({ ...disk, ...mutant.disk?.(disk) });
  for (const plan of plans) {
    const machine = crashingMachine({ plan, books: mutant.books?.(books) ?? books, spare });
    await life(built(machine.disk), machine.books).catch((error: Error) => {
      if (!machine.hasCrashed()) throw error;
    });
    if (machine.hasCrashed()) crashes += 1;
    await machine.settle();
  }
  await life(built(localDisk), mutant.books?.(books) ?? books);
  const wrong = await violations({
    root: folder,
    books,
    dropped,
    ...(options.change ? { change: options.change } : {}),
  });
  if (options.fifo && !(await readdir(join(folder, 'failure'))).some((name) => name.startsWith('fifo_')))
    wrong.push('the FIFO is lost');
  return { wrong, crashes };
}

const HOW = ['kill', 'cut'] as const;

/** Every crash point of one life, until a plan lies behind its end. */
async function everyPoint(each: (plan: CrashPlan) => Promise<number>): Promise<number> {
  let points = 0;
  for (const how of HOW) {
    for (let at = 1; (await each({ at, how })) > 0; at++) points += 1;
  }
  return points;
}

/** In memory: thousands of flushes cost nothing there, and what a power cut loses is modelled. */
async function memoryFolder(): Promise<string> {
  const folder = await mkdtemp('/dev/shm/vigie-test-');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a crash at every step of the job protocol', { timeout: 120_000 }, () => {
  it('loses nothing and does nothing twice: the original is the result', async () => {
    const root = await memoryFolder();
    const points = await everyPoint(async (plan) => {
      const { wrong, crashes } = await crashAndRecover(root, [plan], { fifo: plan.how === 'kill' });
      expect(wrong, JSON.stringify(plan)).toEqual([]);
      return crashes;
    });
    expect(points).toBeGreaterThan(80);
  });

  it('loses nothing and does nothing twice: the operation makes a new file', async () => {
    const root = await memoryFolder();
    await everyPoint(async (plan) => {
      const { wrong, crashes } = await crashAndRecover(root, [plan], { change });
      expect(wrong, JSON.stringify(plan)).toEqual([]);
      return crashes;
    });
  });

  it('nor does a second crash while the first is being recovered from', async () => {
    const root = await memoryFolder();
    for (let first = 5; first < 50; first += 4) {
      for (let second = 2; second < 40; second += 5) {
        const plans: CrashPlan[] = [
          { at: first, how: HOW[(first + second) % 2] as CrashPlan['how'] },
          { at: second, how: HOW[(first * second) % 2] as CrashPlan['how'] },
        ];
        const { wrong } = await crashAndRecover(root, plans, first % 3 === 0 ? { change } : {});
        expect(wrong, JSON.stringify(plans)).toEqual([]);
      }
    }
  });
});

describe('the checker finds a build that', { timeout: 120_000 }, () => {
  const mutants: Record<string, Mutant> = {
    'takes the name before it writes down its intention': {
      books: (books) => {
        const intents = new Map<string, Parameters<Books['intend']>[1]>();
        return {
          ...books,
          intend: (jobId, all) => void intents.set(jobId, all),
          filed(jobId) {
            const all = intents.get(jobId);
            if (all) books.intend(jobId, all);
            books.filed(jobId);
          },
        };
      },
    },
    'never asks for the intention': { books: (books) => ({ ...books, intended: () => [] }) },
    'does not flush the claim, nor the end in stage': { disk: () => ({ syncFolder: async () => undefined }) },
    'moves over a name that is taken': { disk: (disk) => ({ linkNew: disk.rename }) },
    'forgets the job before its file is out of stage': {
      books: (books) => ({
        ...books,
        filed(jobId) {
          books.filed(jobId);
          books.closed(jobId);
        },
      }),
    },
  };

  it.each(Object.keys(mutants))('%s', async (name) => {
    const root = await memoryFolder();
    let found: string[] = [];
    await everyPoint(async (plan) => {
      if (found.length > 0) return 0;
      // A wrong build may also stop in its tracks, which is as good a sign.
      const { wrong, crashes } = await crashAndRecover(root, [plan], { mutant: mutants[name] as Mutant }).catch(
        (error: Error) => ({ wrong: [error.message], crashes: 1 }),
      );
      found = wrong;
      return crashes;
    });
    expect(found).not.toEqual([]);
  });
});
