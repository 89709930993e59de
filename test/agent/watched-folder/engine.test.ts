import { mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/temp.ts';
import { filesBelow, violations } from './invariants.ts';
import { rig } from './rig.ts';
import { createOperation, sha256, TORN } from './trivial-operation.ts';

const keys = async (folder: string) => [...(await filesBelow(folder)).keys()].sort();

describe('a file that is processed', () => {
  it('goes to result and preserve as one file with two names, and is in the books', async () => {
    const { engine, folder, drop, settle, books, ends } = await rig({
      settings: { result: '%Y%M%D/', preserve: '%Y/%F_kept.%E' },
    });
    await engine.open();
    await drop('20260701120000.jpg', 'picture');
    await settle();
    expect(await keys(join(folder, 'result'))).toEqual(['20260701/20260701120000.jpg']);
    expect(await keys(join(folder, 'preserve'))).toEqual(['2026/20260701120000_kept.jpg']);
    const { nlink } = await stat(join(folder, 'result/20260701/20260701120000.jpg'));
    expect(nlink).toBe(2);
    expect(books.held()).toEqual([
      {
        tree: 'result',
        path: '20260701/20260701120000.jpg',
        size: 7,
        sha256: sha256(Buffer.from('picture')),
        capturedAt: Date.UTC(2026, 6, 1, 12),
        kind: 'jpg',
        unreadable: undefined,
      },
    ]);
    expect(ends).toEqual(['result']);
    expect(await violations({ root: folder, books, dropped: [Buffer.from('picture')] })).toEqual([]);
  });

  it('goes to preserve as it was when the operation makes a new one', async () => {
    const change = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('+')]);
    const { engine, folder, drop, settle, books } = await rig({ operation: createOperation(change) });
    await engine.open();
    await drop('a.jpg', 'picture');
    await settle();
    expect(await violations({ root: folder, books, dropped: [Buffer.from('picture')], change })).toEqual([]);
  });

  it('goes where its kind goes: RAW files have a place of their own', async () => {
    const { engine, folder, drop, settle, books } = await rig({
      settings: { result: '%Y%M%D/', resultRaw: 'raw/%Y%M%D/', preserve: null },
    });
    await engine.open();
    for (const name of ['20260701120000.jpg', '20260701120000.raw']) await drop(name, name);
    await settle();
    const places = ['20260701/20260701120000.jpg', 'raw/20260701/20260701120000.raw'];
    expect(await keys(join(folder, 'result'))).toEqual(places);
    expect(
      books
        .held()
        .map(({ path }) => path)
        .sort(),
    ).toEqual(places);
  });

  it('is not kept in preserve when that is null, and stage is clean all the same', async () => {
    const { engine, folder, drop, settle } = await rig({ settings: { preserve: null } });
    await engine.open();
    await drop('a.jpg', 'picture');
    await settle();
    expect(await keys(folder)).toEqual(['.vigie-folder', '.vigie-lock', 'result/a.jpg']);
    expect(await readdir(join(folder, 'stage'))).toEqual([]);
  });

  it('sixty drops of one name and one content are sixty results', async () => {
    const { engine, folder, drop, settle, books } = await rig({ settings: { concurrency: 4 } });
    await engine.open();
    const dropped: Buffer[] = [];
    for (let i = 0; i < 60; i++) {
      await drop('same.jpg', 'same');
      dropped.push(Buffer.from('same'));
      await settle();
    }
    expect(await keys(join(folder, 'result'))).toContain('same_59.jpg');
    expect(await violations({ root: folder, books, dropped })).toEqual([]);
  });

  it('shares a name with others that run at the same time, and none is lost', async () => {
    const { engine, folder, settle, books } = await rig({
      settings: { concurrency: 8, result: 'all.jpg', preserve: 'all.jpg' },
    });
    await engine.open();
    const dropped = Array.from({ length: 40 }, (_, i) => Buffer.from(i % 2 === 0 ? 'twin' : `picture ${i}`));
    await Promise.all(dropped.map((bytes, i) => writeFile(join(folder, `input/${i}.jpg`), bytes)));
    await settle();
    expect(await violations({ root: folder, books, dropped })).toEqual([]);
  });

  it('a name that a person takes in the last moment is left to that person', async () => {
    const { engine, folder, drop, settle, books } = await rig();
    const intend = books.intend;
    books.intend = (jobId, intents) => {
      intend(jobId, intents);
      if (intents[0]?.path === 'a.jpg') foreign = writeFile(join(folder, 'result/a.jpg'), 'foreign', { flag: 'wx' });
    };
    let foreign: Promise<void> | undefined;
    await engine.open();
    await drop('a.jpg', 'picture');
    await settle();
    await foreign;
    const result = await filesBelow(join(folder, 'result'));
    expect(result.get('a.jpg')?.toString()).toBe(result.size === 2 ? 'foreign' : 'picture');
    expect(books.held()).toHaveLength(1);
    expect(result.get((books.held()[0] as { path: string }).path)?.toString()).toBe('picture');
  });
});

describe('a file that cannot be processed', () => {
  it('a torn picture goes to failure, is counted, and the reason is one line of failure.log', async () => {
    const { engine, folder, drop, settle, books, ends } = await rig({ settings: { failure: '%Y/' } });
    await engine.open();
    await drop('20260701120000.jpg', `${TORN} picture`);
    await settle();
    expect(await violations({ root: folder, books, dropped: [Buffer.from(`${TORN} picture`)] })).toEqual([]);
    expect(books.held()[0]).toMatchObject({
      tree: 'failure',
      path: '2026/20260701120000.jpg',
      unreadable: 'half a\\x0apicture',
    });
    const log = await readFile(join(folder, 'failure/2026/failure.log'), 'utf8');
    expect(log).toMatch(/^\S+Z\t\w+\t20260701120000\.jpg\thalf a\\x0apicture\n$/);
    expect(ends).toEqual(['failure']);
    expect(engine.condition().failures).toBe(1);
  });

  it('an empty file, and one whose operation fails for good, go to failure', async () => {
    const operation = async () => {
      throw new TypeError('a bug');
    };
    const { engine, drop, settle, books } = await rig({ operation });
    await engine.open();
    await drop('empty.jpg', '');
    await drop('bad.jpg', 'bytes');
    await settle();
    const told = books.held().map((h) => `${h.path}: ${h.unreadable}`);
    expect(told.sort()).toEqual(['bad.jpg: a bug', 'empty.jpg: the file is empty; a file with bytes is taken here']);
  });

  it('is told and not kept when failures are not to be preserved', async () => {
    const { engine, folder, drop, settle, books } = await rig({ settings: { preserveOnFailure: false } });
    await engine.open();
    await drop('a.jpg', TORN);
    await settle();
    expect(books.rejections()).toMatchObject([{ name: 'a.jpg', kept: false }]);
    expect(await readdir(join(folder, 'failure'))).toEqual(['failure.log']);
    expect(books.held()).toEqual([]);
    expect(await readdir(join(folder, 'stage'))).toEqual([]);
  });

  it('never takes the place of the log', async () => {
    const { engine, folder, drop, settle } = await rig();
    await engine.open();
    await drop('failure.log', TORN);
    await settle();
    expect((await readdir(join(folder, 'failure'))).sort()).toEqual(['failure.log', 'failure_1.log']);
  });

  it('stays in stage while the disk is full, is tried again, and others go on', async () => {
    let isFull = true;
    const trivial = createOperation();
    const operation: typeof trivial = (job, signal) => {
      if (isFull && job.name === 'big.jpg') throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return trivial(job, signal);
    };
    const { engine, folder, clock, drop, settle, books } = await rig({ operation });
    await engine.open();
    await drop('big.jpg', 'big');
    await drop('small.jpg', 'small');
    await settle();
    expect(books.held().map((h) => h.path)).toEqual(['small.jpg']);
    expect(engine.condition()).toMatchObject({ staged: 1, error: { code: 'ENOSPC' } });
    isFull = false;
    clock.advance(3_600_000);
    await settle();
    expect(engine.condition()).toMatchObject({ staged: 0, error: null });
    expect(await violations({ root: folder, books, dropped: ['big', 'small'].map((s) => Buffer.from(s)) })).toEqual([]);
  });

  it('counts as in flight while it waits, so that throttling holds', async () => {
    const operation = async () => {
      throw new VigieError('busy', 'not now', { retryable: true });
    };
    const { engine, folder, clock, drop } = await rig({ operation, settings: { batchSize: 2 } });
    await engine.open();
    for (const name of ['a', 'b', 'c']) await drop(name, name);
    await engine.scan();
    clock.advance(10_000);
    expect(await engine.scan()).toMatchObject({ claimed: 2, waiting: 1, throttled: false });
    await engine.drain();
    expect(await engine.scan()).toMatchObject({ claimed: 0, throttled: true });
    expect(await readdir(join(folder, 'input'))).toHaveLength(1);
  });

  it('one that was changed while it was processed waits until it is whole', async () => {
    const trivial = createOperation();
    let writes = 1;
    let path = '';
    const operation: typeof trivial = async (job, signal) => {
      const outcome = await trivial(job, signal);
      if (writes-- > 0) await writeFile(job.file, 'half and the rest');
      path = job.file;
      return outcome;
    };
    const { engine, folder, clock, drop, settle, books } = await rig({ operation });
    await engine.open();
    await drop('a.jpg', 'half');
    await engine.scan();
    clock.advance(10_000);
    await engine.scan();
    await engine.drain();
    expect(engine.condition()).toMatchObject({ staged: 1, error: { code: 'source-changed' } });
    clock.advance(60_000);
    await settle();
    expect(path).toContain('/stage/');
    expect(await violations({ root: folder, books, dropped: [Buffer.from('half and the rest')] })).toEqual([]);
  });

  it('an operation that is wrong about its result does no harm', async () => {
    const trivial = createOperation();
    const operation: typeof trivial = async (job, signal) => {
      const outcome = await trivial(job, signal);
      const wrong = { 'a.jpg': { name: '../../escape.jpg' }, 'b.jpg': { size: 1 }, 'c.jpg': { file: '/etc/hostname' } };
      return { ...outcome, results: outcome.results.map((result) => ({ ...result, ...wrong[job.name as 'a.jpg'] })) };
    };
    const { engine, drop, settle, books } = await rig({ operation });
    await engine.open();
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await drop(name, `bytes of ${name}`);
    await settle();
    expect(books.held().map((h) => h.tree)).toEqual(['failure', 'failure', 'failure']);
  });
});

describe('what is still being written', () => {
  it('is never picked early, with no wait time and scans in quick succession', async () => {
    const { engine, folder, clock, books } = await rig({ settings: { waitTime: 0, settleTime: 1_000 } });
    await engine.open();
    const path = join(folder, 'input/slow.jpg');
    let content = '';
    for (let i = 0; i < 30; i++) {
      content += `${i} `;
      await writeFile(path, content);
      for (const step of [5, 300, 600]) {
        clock.advance(step);
        expect((await engine.scan()).claimed).toBe(0);
      }
    }
    clock.advance(1_000);
    expect((await engine.scan()).claimed).toBe(1);
    await engine.drain();
    expect(await violations({ root: folder, books, dropped: [Buffer.from(content)] })).toEqual([]);
  });
});

describe('submit', () => {
  it('brings files in without waiting, each under a name of its own, and the loop takes them at once', async () => {
    const { engine, folder, books } = await rig({ settings: { interval: 60_000 } });
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    const names: string[] = [];
    await mkdir(join(folder, '.capture'));
    for (let i = 0; i < 3; i++) {
      await writeFile(join(folder, '.capture/x'), `picture ${i}`);
      names.push(await engine.submit(join(folder, '.capture/x'), '20260701120000.jpg'));
    }
    await until('all are filed', () => books.held().length === 3, 5_000);
    expect(await readdir(join(folder, '.capture'))).toEqual([]);
    stop.abort();
    await running;
    const dropped = [0, 1, 2].map((i) => Buffer.from(`picture ${i}`));
    expect(await violations({ root: folder, books, dropped })).toEqual([]);
    for (const { capturedAt } of books.held()) expect(capturedAt).toBe(Date.UTC(2026, 6, 1, 12));
  });

  it('suffixes a name that is taken in input, and takes files from another file system', async () => {
    const { engine, folder } = await rig();
    const foreign = join('/dev/shm', `vigie-${process.pid}`);
    await writeFile(foreign, 'one');
    expect(await engine.submit(foreign, 'a.jpg')).toBe('a.jpg');
    await writeFile(foreign, 'two');
    expect(await engine.submit(foreign, 'a.jpg')).toBe('a_1.jpg');
    await expect(readFile(foreign)).rejects.toThrow('ENOENT');
    expect(await readFile(join(folder, 'input/a_1.jpg'), 'utf8')).toBe('two');
    expect((await readdir(join(folder, 'input'))).sort()).toEqual(['a.jpg', 'a_1.jpg']);
  });

  it('refuses a name that leads elsewhere', async () => {
    const { engine, folder } = await rig();
    await engine.open();
    await writeFile(join(folder, 'x'), 'x');
    for (const name of ['../x.jpg', 'a\nb.jpg', '']) {
      await expect(engine.submit(join(folder, 'x'), name)).rejects.toMatchObject({ code: 'name' });
    }
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe('x');
  });
});

describe('the loop', () => {
  it('takes what is dropped, goes on after errors, and leaves the rest when stopped', async () => {
    const { engine, folder, drop, books } = await rig({ settings: { interval: 50, waitTime: 0 } });
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    await until('the folder is ready', () => engine.condition().lastScanAt !== null);
    await drop('a.jpg', 'a');
    await until('it is filed', () => books.held().length === 1, 5_000);
    await unlink(join(folder, '.vigie-folder'));
    await until('storage is absent', () => engine.storage() === 'absent', 5_000);
    expect(engine.condition().error).toMatchObject({ code: 'storage-absent' });
    await writeFile(join(folder, '.vigie-folder'), '');
    await drop('b.jpg', 'b');
    await until('it is filed', () => books.held().length === 2, 5_000);
    expect(engine.storage()).toBe('present');
    stop.abort();
    await running;
    await drop('c.jpg', 'c');
    expect(await readdir(join(folder, 'input'))).toEqual(['c.jpg']);
  });

  it('tells an operation to stop, and leaves its file in stage for the next start', async () => {
    const stop = new AbortController();
    const operation = (_: unknown, signal?: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        stop.abort();
      });
    const first = await rig({ operation, settings: { interval: 50, waitTime: 0 } });
    await first.engine.open();
    await first.drop('a.jpg', 'a');
    await first.engine.run(stop.signal);
    expect(await readdir(join(first.folder, 'stage'))).toHaveLength(1);
    await first.engine[Symbol.asyncDispose]();

    const second = await rig({ folder: first.folder, books: first.books });
    expect(await second.engine.recoverStage()).toMatchObject({ jobs: [{ name: 'a.jpg', end: 'result' }] });
    expect(await violations({ root: first.folder, books: first.books, dropped: [Buffer.from('a')] })).toEqual([]);
  });
});

describe('purge', () => {
  it('takes away what its time is over for, where somebody may delete it, and nothing of input and stage', async () => {
    const asked: string[] = [];
    const { engine, folder, clock, drop } = await rig({
      settings: { purge: { result: 30, preserve: -1, failure: -1 } },
      mayDelete: async ({ tree, path }) => {
        asked.push(`${tree}/${path}`);
        if (path === 'owed.jpg') return { keep: 'no destination has proved it' };
        return { remove: async () => ({ removed: await unlink(join(folder, tree, path)).then(() => true) }) };
      },
    });
    await engine.open();
    for (const name of ['old.jpg', 'owed.jpg']) await writeFile(join(folder, 'result', name), name);
    await writeFile(join(folder, 'preserve/old.jpg'), 'kept for ever');
    await drop('waiting.jpg', 'not yet taken');
    expect(await engine.purge()).toMatchObject({ removed: 0 });
    clock.advance(31 * 86_400_000);
    expect(await engine.purge()).toMatchObject({ removed: 1, kept: 1 });
    expect(asked.sort()).toEqual(['result/old.jpg', 'result/owed.jpg']);
    expect(await readdir(join(folder, 'result'))).toEqual(['owed.jpg']);
    expect(await readdir(join(folder, 'preserve'))).toEqual(['old.jpg']);
    expect(await readdir(join(folder, 'input'))).toEqual(['waiting.jpg']);
  });
});
