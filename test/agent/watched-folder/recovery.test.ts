import { copyFile, link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CrashPlan, crashingMachine } from '../../faults/watched-folder-crashes.ts';
import { tempFolder } from '../../support/temp.ts';
import { createFileBooks, type FileBooks } from './file-books.ts';
import { intent } from './intent.ts';
import { filesBelow, violations } from './invariants.ts';
import { rig } from './rig.ts';
import { createOperation } from './trivial-operation.ts';

const asBuffers = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('what lies in stage', () => {
  it('is finished: jobs without a request, loose files, several files in one folder, empty folders', async () => {
    const { engine, folder, books } = await rig();
    const stage = join(folder, 'stage');
    for (const job of ['0job1', '0job2/.work', '0job3']) await mkdir(join(stage, job), { recursive: true });
    await writeFile(join(stage, '0job1/a.jpg'), 'one');
    await writeFile(join(stage, '0job2/a.jpg'), 'two');
    await writeFile(join(stage, '0job2/b.jpg'), 'three');
    await writeFile(join(stage, '0job2/.work/half'), 'half a result');
    await writeFile(join(stage, 'loose.jpg'), 'four');
    const { jobs } = await engine.recoverStage();
    expect(jobs.map((job) => `${job.name} ${job.end}`).sort()).toEqual([
      ' gone',
      'a.jpg result',
      'a.jpg result',
      'b.jpg result',
      'loose.jpg result',
    ]);
    expect(await violations({ root: folder, books, dropped: asBuffers('one', 'two', 'three', 'four') })).toEqual([]);
  });

  it('a result that has its name is not made again; its preserve is not either', async () => {
    let calls = 0;
    const trivial = createOperation();
    const { engine, folder, books } = await rig({
      operation: (job, signal) => {
        calls += 1;
        return trivial(job, signal);
      },
    });
    for (const path of ['stage/0job', 'result', 'preserve']) await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'stage/0job/a.jpg'), 'one');
    await link(join(folder, 'stage/0job/a.jpg'), join(folder, 'result/a.jpg'));
    await link(join(folder, 'stage/0job/a.jpg'), join(folder, 'preserve/a_3.jpg'));
    books.intend('0job', [intent('a.jpg', 'one')]);
    await engine.recoverStage();
    expect(calls).toBe(0);
    expect(await readdir(join(folder, 'preserve'))).toEqual(['a_3.jpg']);
    expect(await violations({ root: folder, books, dropped: asBuffers('one') })).toEqual([]);
  });

  it('an intended place that somebody else has taken is not mistaken for the result', async () => {
    const { engine, folder, books } = await rig();
    for (const path of ['stage/0job', 'result']) await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'stage/0job/a.jpg'), 'one');
    await writeFile(join(folder, 'result/a.jpg'), 'two');
    books.intend('0job', [intent('a.jpg', 'one')]);
    await engine.recoverStage();
    expect(books.held().map((h) => h.path)).toEqual(['a_1.jpg']);
    expect(await readFile(join(folder, 'result/a.jpg'), 'utf8')).toBe('two');
  });

  it('what a person copied back to input is one file; what only has the name is two', async () => {
    const { engine, folder, books, settle } = await rig();
    for (const path of ['stage/0job1', 'stage/0job2', 'input']) await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'stage/0job1/a.jpg'), 'one');
    await copyFile(join(folder, 'stage/0job1/a.jpg'), join(folder, 'input/a.jpg'));
    await writeFile(join(folder, 'stage/0job2/b.jpg'), 'two');
    await writeFile(join(folder, 'input/b.jpg'), 'TWO');
    expect((await engine.recoverStage()).copies).toEqual(['a.jpg']);
    await settle();
    expect(await violations({ root: folder, books, dropped: asBuffers('one', 'two', 'TWO') })).toEqual([]);
  });

  it('what a person takes away frees its place', async () => {
    const operation = async () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    const { engine, folder, books, clock, drop, settle } = await rig({ operation, settings: { batchSize: 1 } });
    await engine.open();
    await drop('a.jpg', 'one');
    await settle();
    expect(engine.condition().staged).toBe(1);
    const [job] = await readdir(join(folder, 'stage'));
    await rename(join(folder, 'stage', job as string, 'a.jpg'), join(folder, 'taken.jpg'));
    await rm(join(folder, 'stage', job as string), { recursive: true });
    clock.advance(3_600_000);
    await engine.scan();
    await engine.drain();
    expect(engine.condition()).toMatchObject({ staged: 0, error: null });
    expect(books.held()).toEqual([]);
  });

  it('jobs in a pause are tried at once when asked to', async () => {
    let isFull = true;
    const trivial = createOperation();
    const { engine, folder, books, drop, settle } = await rig({
      operation: async (job, signal) => {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        return trivial(job, signal);
      },
    });
    await engine.open();
    await drop('a.jpg', 'one');
    await settle();
    expect(await engine.recoverStage()).toMatchObject({ jobs: [{ name: 'a.jpg', end: 'waiting' }] });
    isFull = false;
    expect(await engine.recoverStage()).toMatchObject({ jobs: [{ name: 'a.jpg', end: 'result' }] });
    expect(await violations({ root: folder, books, dropped: asBuffers('one') })).toEqual([]);
  });

  it('leftovers of this engine in input and in the root go, foreign ones stay', async () => {
    const { engine, folder } = await rig();
    await mkdir(join(folder, 'input'), { recursive: true });
    for (const name of [
      'input/.vigie-copy-x.part',
      'input/.vigie-probe-x',
      '.vigie-lock.0123456789ab.part',
      'input/mine.part',
      'input/.0123456789ab.part',
    ]) {
      await writeFile(join(folder, name), 'half');
    }
    await engine.open();
    expect([...(await filesBelow(folder)).keys()].sort()).toEqual([
      '.vigie-folder',
      '.vigie-lock',
      'input/.0123456789ab.part',
      'input/mine.part',
    ]);
  });
});

it('a result that the next folder of a chain has taken is not made again when a later step fails', async () => {
  const next = await tempFolder();
  const { engine, folder, books, drop, settle } = await rig({ settings: { result: `${next}/`, preserve: 'kept/' } });
  const filed = new Set<string>();
  const { filed: file } = books;
  books.filed = (jobId) => {
    file(jobId);
    filed.add(jobId);
  };
  books.isFiled = (jobId) => filed.has(jobId);
  await engine.open();
  await writeFile(join(folder, 'preserve/kept'), 'a file where a folder should be');
  await drop('a.jpg', 'one');
  await settle();
  expect(engine.condition()).toMatchObject({ staged: 1, error: { code: 'ENOTDIR' } });
  await rm(join(next, 'a.jpg'));
  await rm(join(folder, 'preserve/kept'));
  await engine.recoverStage();
  expect(engine.condition()).toMatchObject({ staged: 0, error: null });
  expect(await readdir(next)).toEqual([]);
  expect(await readFile(join(folder, 'preserve/kept/a.jpg'), 'utf8')).toBe('one');
});

describe('a folder job is finished from wherever a crash has left it', () => {
  const CONTENT = { 'order/a': 'first', 'order/deep/b': 'second' };

  /** One life of an engine, whose machine dies after so many steps; tells whether it did. */
  async function life(folder: string, books: FileBooks, isSound: boolean, plan: CrashPlan): Promise<boolean> {
    const spare = `${folder}-spare`;
    await mkdir(spare, { recursive: true });
    const machine = crashingMachine({ plan, books, spare });
    const operation: Operation = async (job) => ({
      sound: isSound ? { ok: true } : { ok: false, reason: 'no' },
      results: job.files.map((path) => ({ file: `${job.file}/${path}`, name: path })),
    });
    const { engine, clock } = await rig({
      folder,
      books: { ...books, ...machine.books },
      disk: machine.disk,
      operation,
      settings: { folders: true },
    });
    try {
      for (let scans = 0; scans < 3; scans++) {
        await engine.scan();
        await engine.drain();
        clock.advance(100_000);
      }
    } catch (error) {
      if (!machine.hasCrashed()) throw error;
    }
    try {
      await engine[Symbol.asyncDispose]();
    } catch (error) {
      if (!machine.hasCrashed()) throw error;
    }
    if (machine.hasCrashed()) await machine.settle();
    return machine.hasCrashed();
  }

  it.each([
    [true, 'kill'],
    [false, 'kill'],
    [true, 'cut'],
    [false, 'cut'],
  ] as const)('to result and preserve (%s), or to failure, once (%s)', async (isSound, how) => {
    const root = await mkdtemp('/dev/shm/vigie-test-');
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const left = async (folder: string, tree: string) =>
      Object.fromEntries(
        [...(await filesBelow(join(folder, tree)))].sort().map(([path, bytes]) => [path, String(bytes)]),
      );
    let crashes = 0;
    for (let at = 1; ; at++) {
      const folder = join(root, `${at}`);
      for (const [path, content] of Object.entries(CONTENT)) {
        await mkdir(join(folder, 'input', path, '..'), { recursive: true });
        await writeFile(join(folder, 'input', path), content);
      }
      const books = createFileBooks();
      const hasCrashed = await life(folder, books, isSound, { at, how });
      await life(folder, books, isSound, { at: Number.POSITIVE_INFINITY, how });
      const nothing = {};
      expect([await left(folder, 'input'), await readdir(join(folder, 'stage'))], `step ${at}`).toEqual([nothing, []]);
      for (const tree of ['result', 'preserve']) {
        expect(await left(folder, tree), `${tree} after step ${at}`).toEqual(isSound ? CONTENT : nothing);
      }
      expect(await left(folder, 'failure'), `failure after step ${at}`).toEqual(isSound ? nothing : CONTENT);
      expect(
        books
          .held()
          .map(({ path }) => path)
          .sort(),
        `books after step ${at}`,
      ).toEqual(Object.keys(CONTENT));
      expect(books.open()).toEqual([]);
      if (!hasCrashed) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(15);
  });
});
