import { copyFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, violations } from './invariants.ts';
import { rig } from './rig.ts';
import { createOperation, sha256 } from './trivial-operation.ts';

const asBuffers = (...texts: string[]) => texts.map((text) => Buffer.from(text));

/** An intention as the engine writes it down, for the job of a test. */
const intent = (jobId: string, path: string, content: string) => ({
  jobId,
  tree: 'result' as const,
  path,
  size: content.length,
  sha256: sha256(Buffer.from(content)),
  kind: 'jpg' as const,
  capturedAt: 0,
  modifiedAt: 0,
  unreadable: undefined,
  preview: null,
});

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
      operation: (job) => {
        calls += 1;
        return trivial(job);
      },
    });
    for (const path of ['stage/0job', 'result', 'preserve']) await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'stage/0job/a.jpg'), 'one');
    await link(join(folder, 'stage/0job/a.jpg'), join(folder, 'result/a.jpg'));
    await link(join(folder, 'stage/0job/a.jpg'), join(folder, 'preserve/a_3.jpg'));
    books.intend(intent('0job', 'a.jpg', 'one'));
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
    books.intend(intent('0job', 'a.jpg', 'one'));
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
      operation: async (job) => {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        return trivial(job);
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
