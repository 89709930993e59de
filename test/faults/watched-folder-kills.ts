import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isSystemError } from '@vigie/shared/kit/errors';
import { expect, onTestFinished } from 'vitest';
import { createFileBooks } from '../agent/watched-folder/file-books.ts';
import { violations } from '../agent/watched-folder/invariants.ts';
import { TORN } from '../agent/watched-folder/trivial-operation.ts';
import { tempFolder, until } from '../support/temp.ts';

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function start(folder: string, books: string): ChildProcess {
  const program = fileURLToPath(new URL('watched-folder-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, books], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Kills the engine at so many random moments while files come in; in the end each is in its place, once. */
export async function killTheEngine(count: number, seed: number): Promise<void> {
  const root = await tempFolder();
  const [folder, journal, outside] = [join(root, 'folder'), join(root, 'books'), join(root, 'outside')];
  await mkdir(outside);
  await mkdir(join(folder, 'input'), { recursive: true });
  const random = seeded(seed);
  const dropped: Buffer[] = [];

  /** Some are moved in whole, some are written in place; names and even contents come again. */
  async function drop(): Promise<void> {
    const number = dropped.length;
    const torn = random() < 0.1 ? TORN : '';
    const content = Buffer.from(
      `${torn}${random() < 0.1 ? 'twin' : `picture ${number} `.repeat(1 + Math.floor(random() * 5000))}`,
    );
    const path = join(folder, 'input', `${Math.floor(random() * 8)}.${random() < 0.5 ? 'jpg' : 'cr2'}`);
    try {
      if (random() < 0.5) await writeFile(path, content, { flag: 'wx' });
      else {
        await writeFile(join(outside, 'x'), content);
        await link(join(outside, 'x'), path);
        await unlink(join(outside, 'x'));
      }
      dropped.push(content);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }

  for (let kill = 0; kill < count; kill++) {
    const child = start(folder, journal);
    const ended = once(child, 'exit');
    for (let i = 0; i < 4; i++) await drop();
    // Every fourth one dies while it opens and recovers.
    if (kill % 4 === 0) await sleep(80 + random() * 120);
    else {
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      await drop();
      await sleep(random() * 180);
    }
    child.kill('SIGKILL');
    await ended;
  }

  const last = start(folder, journal);
  const ended = once(last, 'exit');
  const left = async (tree: string) => (await readdir(join(folder, tree))).length;
  await until('nothing is left to do', async () => (await left('input')) + (await left('stage')) === 0, 60_000);
  const closed = async () => createFileBooks(journal).open().length === 0;
  await until('all jobs are closed', closed, 10_000);
  last.kill('SIGKILL');
  await ended;
  const books = createFileBooks(journal);
  expect(await violations({ root: folder, books, dropped })).toEqual([]);
  expect(dropped.length).toBeGreaterThan(count);
  const log = (await readFile(join(folder, 'failure/failure.log'), 'utf8')).trim().split('\n');
  const jobs = log.map((line) => line.split('\t')[1]);
  expect(jobs).toHaveLength(books.held().filter((held) => held.tree === 'failure').length);
  expect(new Set(jobs).size).toBe(jobs.length);
}
