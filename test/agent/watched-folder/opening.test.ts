import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '@vigie/agent/watched-folder/lock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { rig } from './rig.ts';

const TREES = ['failure', 'input', 'preserve', 'result', 'stage'];

/** A process that takes the lock and holds it until it is killed. */
async function holder(lock: string): Promise<ChildProcess> {
  const module = new URL('../../../agent/src/watched-folder/lock.ts', import.meta.url).href;
  const program = `const { takeLock } = await import(${JSON.stringify(module)});
    try { await takeLock(${JSON.stringify(lock)}, 'other'); console.log('held'); setInterval(() => {}, 1e6); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  expect(String(text).trim()).toBe('held');
  return child;
}

describe('opening', () => {
  it('makes the trees and the marker, keeps what is there, and leaves no probe', async () => {
    const folder = join(await tempFolder(), 'deep/er');
    await mkdir(join(folder, 'result'), { recursive: true });
    await writeFile(join(folder, 'result/old.jpg'), 'old');
    const { engine } = await rig({ folder });
    await engine.open();
    expect((await readdir(folder)).filter((name) => !name.startsWith('.')).sort()).toEqual(TREES);
    expect((await readdir(folder)).filter((name) => name.startsWith('.')).sort()).toEqual([
      '.vigie-folder',
      '.vigie-lock',
    ]);
    for (const tree of TREES) expect(await readdir(join(folder, tree))).toEqual(tree === 'result' ? ['old.jpg'] : []);
    expect(engine.storage()).toBe('present');
  });

  it('a folder that was known and has no marker is absent: nothing is made, nothing is counted', async () => {
    const mountPoint = await tempFolder();
    const { engine, folder } = await rig({ folder: mountPoint, known: true });
    expect(engine.storage()).toBe('absent');
    await expect(engine.scan()).rejects.toMatchObject({ code: 'storage-absent', retryable: true });
    await writeFile(join(folder, 'x'), 'x');
    await expect(engine.submit(join(folder, 'x'), 'x.jpg')).rejects.toMatchObject({ code: 'storage-absent' });
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('storage that goes and comes back is taken up again, with what lay in stage', async () => {
    const parent = await tempFolder();
    const folder = join(parent, 'disk');
    let calls = 0;
    const { engine, drop, settle, books, clock } = await rig({
      folder,
      operation: async () => {
        calls += 1;
        throw Object.assign(new Error('input/output error'), { code: 'EIO' });
      },
    });
    await engine.open();
    await drop('a.jpg', 'a');
    await settle();
    await rename(folder, join(parent, 'unplugged'));
    await mkdir(folder);
    clock.advance(3_600_000);
    await expect(engine.scan()).rejects.toMatchObject({ code: 'storage-absent' });
    await engine.drain();
    expect(engine.storage()).toBe('absent');
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
    await rename(join(parent, 'unplugged'), folder);
    const before = calls;
    await settle();
    expect(engine.storage()).toBe('present');
    expect(engine.condition()).toMatchObject({ staged: 1 });
    expect(calls).toBeGreaterThan(before);
    expect(books.held()).toEqual([]);
  });

  it('trees on two file systems are refused with their name', async () => {
    const folder = await tempFolder();
    const other = await mkdtemp('/dev/shm/vigie-test-');
    onTestFinished(() => rm(other, { recursive: true }));
    await symlink(other, join(folder, 'preserve'));
    const { engine } = await rig({ folder });
    await expect(engine.open()).rejects.toMatchObject({
      code: 'folder-split',
      message: expect.stringContaining('/preserve"'),
    });
    for (const tree of TREES) expect(await readdir(join(folder, tree))).toEqual([]);
  });

  it('a pattern that leads elsewhere is refused before anything is done', async () => {
    await expect(rig({ settings: { result: '../%F' } })).rejects.toMatchObject({ code: 'config' });
  });
});

describe('the lock', () => {
  it('lets one engine in at a time, within a process and between two', async () => {
    const first = await rig();
    await first.engine.open();
    const second = await rig({ folder: first.folder });
    await expect(second.engine.run(new AbortController().signal)).rejects.toMatchObject({ code: 'folder-busy' });
    await first.engine[Symbol.asyncDispose]();
    await second.engine.open();

    const third = await rig({ folder: await tempFolder() });
    await holder(join(third.folder, '.vigie-lock'));
    await expect(third.engine.open()).rejects.toMatchObject({ code: 'folder-busy' });
  });

  it('a killed holder, and a process that has its id since, hold nothing', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'lock');
    const child = await holder(path);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const lock = await takeLock(path, 'mine');
    expect(await lock.isHeld()).toBe(true);
    await lock.release();
    await writeFile(path, `${process.pid} some-boot:1 token\n`);
    expect(await (await takeLock(path, 'mine')).isHeld()).toBe(true);
    await writeFile(path, '');
    expect(await (await takeLock(path, 'mine')).isHeld()).toBe(true);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('of many that find a dead one at once, one gets it', async () => {
    const path = join(await tempFolder(), 'lock');
    for (let round = 0; round < 10; round++) {
      await writeFile(path, '1 dead:0 token\n');
      const locks = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => takeLock(path, `${round}-${i}`)));
      const held = await Promise.all(locks.map(async (l) => l.status === 'fulfilled' && (await l.value.isHeld())));
      expect(held.filter(Boolean)).toHaveLength(1);
      expect(await readFile(path, 'utf8')).toMatch(new RegExp(` ${round}-${held.indexOf(true)}\\n$`));
    }
  });
});
