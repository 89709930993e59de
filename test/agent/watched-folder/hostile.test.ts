import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesBelow, violations } from './invariants.ts';
import { rig } from './rig.ts';

const run = promisify(execFile);

/** Names that are taken as they are. */
const ODD = [
  '<img src=x onerror=alert(1)>.jpg',
  '-rf',
  ';id `id` $(id).jpg',
  '\u202egpj.exe.jpg',
  `${'é'.repeat(125)}.jpg`,
  `${'x'.repeat(251)}.jpg`,
  'caf\u00e9.jpg',
  'cafe\u0301.jpg',
  'A.JPG',
  'a.jpg',
  ' space .jpg ',
  '%41.jpg',
  'work',
  'a\\b.jpg',
  '__proto__',
  'constructor',
];

/** Names that no asset can have. */
const REFUSED = [
  'new\nline.jpg',
  'escape\u001b[2J.jpg',
  'bell\u0007',
  'c1\u009b31m.jpg',
  'tab\t.jpg',
  nameOf(Buffer.from([0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67])),
  nameOf(Buffer.concat([Buffer.alloc(250, 0x80), Buffer.from('.jpg')])),
  nameOf(Buffer.from([0x61, 0xc3])),
];

describe('hostile names', () => {
  it('each gets its place: odd ones in result, those that nothing can carry in failure with their bytes', async () => {
    const { engine, folder, drop, settle, books } = await rig({ settings: { batchSize: 100 } });
    await engine.open();
    const dropped = new Map([...ODD, ...REFUSED].map((name, i) => [name, Buffer.from(`content ${i}`)]));
    for (const [name, content] of dropped) await drop(name, content);
    await settle();

    const result = await filesBelow(join(folder, 'result'));
    expect([...result.keys()].sort()).toEqual([...ODD].sort());
    for (const [name, content] of result) expect(content).toEqual(dropped.get(name));
    const failure = await filesBelow(join(folder, 'failure'));
    expect([...failure.values()].map(String).sort()).toEqual(REFUSED.map((name) => String(dropped.get(name))).sort());
    for (const name of failure.keys()) expect(name).toMatch(/^[\x20-\x7e]{1,255}$/);
    const log = await readFile(join(folder, 'failure/failure.log'), 'utf8');
    expect(log.trim().split('\n')).toHaveLength(REFUSED.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(log).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(await readdir(join(folder, 'stage'))).toEqual([]);
    expect(books.held().filter((h) => h.unreadable)).toHaveLength(REFUSED.length);
    expect(books.open()).toEqual([]);
  });

  it('names of 255 bytes take suffixes, again and again', async () => {
    const { engine, folder, drop, settle, books } = await rig();
    await engine.open();
    const name = `${'é'.repeat(125)}.jpeg`;
    expect(bytesOf(name).length).toBe(255);
    const dropped: Buffer[] = [];
    for (let i = 0; i < 12; i++) {
      dropped.push(Buffer.from(`picture ${i}`));
      await drop(name, `picture ${i}`);
      await settle();
    }
    expect(await violations({ root: folder, books, dropped })).toEqual([]);
    for (const { path } of books.held()) expect(path).toMatch(/^é+(_\d+)?\.jpeg$/);
  });
});

describe('entries that are no regular files', () => {
  it('links, FIFOs, sockets and devices go to failure by their name, unopened; each is told once', {
    timeout: 15_000,
  }, async () => {
    const { engine, folder, drop, settle, books } = await rig({ settings: { failure: '%Y/' } });
    await engine.open();
    const input = join(folder, 'input');
    await writeFile(join(folder, 'target'), 'not to be touched');
    await symlink('../target', join(input, 'link.jpg'));
    await symlink('/nowhere', join(input, 'dangling.jpg'));
    await run('mkfifo', [join(input, 'fifo.jpg')]);
    await run('mknod', [join(input, 'device.jpg'), 'c', '1', '3']);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(input, 'socket.jpg'), resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    await drop('picture.jpg', 'picture');
    await settle();
    await settle();

    expect(books.held().map((h) => h.path)).toEqual(['picture.jpg']);
    const year = String(new Date().getUTCFullYear());
    const put = (await readdir(join(folder, 'failure', year))).filter((name) => name !== 'failure.log').sort();
    expect(put.map((name) => name.replace(/_[0-9a-z]+/, ''))).toEqual([
      'dangling.jpg',
      'device.jpg',
      'fifo.jpg',
      'link.jpg',
      'socket.jpg',
    ]);
    expect((await lstat(join(folder, 'failure', year, put[3] as string))).isSymbolicLink()).toBe(true);
    expect((await lstat(join(folder, 'failure', year, put[2] as string))).isFIFO()).toBe(true);
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('not to be touched');
    expect(
      books
        .rejections()
        .map((r) => r.name)
        .sort(),
    ).toEqual(['dangling.jpg', 'device.jpg', 'fifo.jpg', 'link.jpg', 'socket.jpg']);
    expect(await readdir(input)).toEqual([]);
    expect(await readdir(join(folder, 'stage'))).toEqual([]);
  });

  it('a folder stays in input, is told once, and holds nothing up', async () => {
    const { engine, folder, drop, settle, books } = await rig();
    await engine.open();
    await mkdir(join(folder, 'input/folder.jpg'));
    await writeFile(join(folder, 'input/folder.jpg/inside.jpg'), 'inside');
    await drop('picture.jpg', 'picture');
    await settle();
    await settle();
    expect(books.held().map((h) => h.path)).toEqual(['picture.jpg']);
    expect(books.rejections()).toMatchObject([{ name: 'folder.jpg', kept: true }]);
    expect(await readFile(join(folder, 'input/folder.jpg/inside.jpg'), 'utf8')).toBe('inside');
  });
});
