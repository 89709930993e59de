import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';
import { openRemote } from '@vigie/shared/remote/open';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Sshd } from '../../scripts/sshd.ts';
import { sftpDestination, sharedSshd, upload } from '../support/remote.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp.ts';

/** What every destination must do, whatever it is made of. */
const KINDS = ['sftp', 'directory'] as const;
const FOLDER = 'cam-1/garden';

let sshd: Sshd;
beforeAll(async () => {
  const shared = await sharedSshd();
  sshd = shared.sshd;
  return shared.stop;
});

/** A destination that is open, and where on this machine its folder really lies. */
async function destination(
  kind: (typeof KINDS)[number],
  root?: string,
): Promise<{ remote: RemoteFolder; place: string }> {
  const at = root ?? (await tempFolder());
  const config =
    kind === 'sftp' ? sftpDestination(sshd, at) : { name: 'test', type: kind, root: at, folder: '{source}' };
  const remote = openRemote(config, FOLDER, { stallMs: 10_000 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  return { remote, place: join(at, FOLDER) };
}

const codeFrom = async (work: Promise<unknown>) =>
  codeOf(
    await work.then(
      () => 'no error',
      (error: unknown) => error,
    ),
  );
const entriesOf = async (remote: RemoteFolder, days?: string[]) => {
  const all: Entry[] = [];
  for await (const entry of remote.list(days ? { days } : {})) all.push(entry);
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
};
const put = (path: string, bytes: string | Buffer) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
};
const partOf = (file: { path: string; sha256: string }) => `${file.path}.${file.sha256.slice(0, 16)}.part`;

describe.each(KINDS)('%s', (kind) => {
  test('stores a file under its name, with its bytes and its time, and leaves nothing else', async () => {
    const { remote, place } = await destination(kind);
    let told = 0;
    const file = await upload('20260101/a.jpg', 3_000_001, { onBytes: (bytes) => (told += bytes) });
    expect(await remote.store(file)).toEqual({
      level: 'size',
      size: file.size,
      sha256: null,
      sent: true,
      capabilities: { fsync: true, atomicReplace: true, freeSpace: true },
    });
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
    expect(statSync(join(place, file.path)).mtimeMs).toBe(file.modifiedAt);
    expect(readdirSync(join(place, '20260101'))).toEqual(['a.jpg']);
    expect(told).toBe(file.size);
    expect(await remote.read(file.path, file.size)).toEqual(file.bytes);
    expect(await codeFrom(remote.read(file.path, file.size - 1))).toBe('too-large');
    expect(await codeFrom(remote.read('20260101/b.jpg', 10))).toBe('not-found');
    expect(await remote.digest(file.path)).toEqual({ size: file.size, sha256: file.sha256 });
    expect(await codeFrom(remote.digest('20260101/b.jpg'))).toBe('not-found');
    expect(await codeFrom(remote.digest('../b.jpg'))).toBe('path');
    expect(await remote.capabilities).toEqual({ fsync: true, atomicReplace: true, freeSpace: true });
    await remote.probe();
  });

  test('tells the size of a regular file, of nothing else, and not where its root is absent', async () => {
    const root = await tempFolder();
    const { remote, place } = await destination(kind, root);
    await remote.store(await upload('d/a.jpg', 3_000));
    symlinkSync('a.jpg', join(place, 'd/link.jpg'));
    expect(await remote.look('d/a.jpg')).toEqual({ size: 3_000 });
    for (const path of ['d', 'd/link.jpg', 'd/b.jpg', 'e/a.jpg', 'd/a.jpg/x'])
      expect(await remote.look(path)).toBeUndefined();
    expect(await codeFrom(remote.look('../a.jpg'))).toBe('path');
    rmSync(root, { recursive: true });
    expect(await codeFrom(remote.look('d/a.jpg'))).toBe('root-absent');
  });

  test('stores an empty file and one of a few bytes', async () => {
    const { remote, place } = await destination(kind);
    for (const size of [0, 1]) {
      const file = await upload(`${size}.jpg`, size, { proof: 'digest' });
      expect(await remote.store(file)).toMatchObject({ level: 'digest', sha256: file.sha256, sent: true });
      expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
    }
  });

  test('does not send again what is there, and proves it by its digest', async () => {
    const { remote } = await destination(kind);
    const file = await upload('20260101/a.jpg', 700_000);
    await remote.store(file);
    let told = 0;
    const again = await remote.store({ ...file, onBytes: (bytes) => (told += bytes) });
    expect(again).toMatchObject({ sent: false, level: 'digest', sha256: file.sha256, size: file.size });
    expect(told).toBe(0);
  });

  test('lets two stores of one name at the same time end in one file', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 1_000_000);
    const receipts = await Promise.all([remote.store(file), remote.store(file), remote.store(file)]);
    expect(receipts.map(({ sent }) => sent).sort()).toEqual([false, false, true]);
    expect(readdirSync(join(place, '20260101'))).toEqual(['a.jpg']);
  });

  test('keeps other content under a name, and replaces it only by order', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 400_000);
    const flipped = Buffer.from(file.bytes);
    flipped[200_000] = (flipped[200_000] as number) ^ 1;
    for (const other of [Buffer.from('other'), flipped]) {
      put(join(place, file.path), other);
      for (const proof of ['size', 'digest'] as const) {
        expect(await codeFrom(remote.store({ ...file, proof }))).toBe('conflict');
        expect(readFileSync(join(place, file.path)).equals(other)).toBe(true);
      }
      expect(await remote.store({ ...file, replace: true })).toMatchObject({ sent: true });
      expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
      rmSync(join(place, file.path));
    }
    mkdirSync(join(place, file.path));
    expect(await codeFrom(remote.store({ ...file, replace: true }))).toBe('conflict');
    put(join(place, '20260102'), 'a file in the place of a day');
    expect(await codeFrom(remote.store({ ...file, path: '20260102/a.jpg' }))).toBe('conflict');
  });

  test('goes on with the part of an earlier attempt, once its bytes are proved', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 2_000_000);
    put(join(place, partOf(file)), file.bytes.subarray(0, 1_500_000));
    let told = 0;
    const onBytes = (bytes: number) => {
      told += bytes;
    };
    expect(await remote.store({ ...file, onBytes })).toMatchObject({ sent: true });
    expect(told).toBe(500_000);
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
    expect(readdirSync(join(place, '20260101'))).toEqual(['a.jpg']);
  });

  test('sends all where the part of an earlier attempt has a hole, or is too long', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 2_000_000);
    const holed = Buffer.from(file.bytes).fill(0, 700_000, 704_096);
    for (const part of [holed.subarray(0, 1_500_000), holed, Buffer.concat([file.bytes, Buffer.from('more')])]) {
      put(join(place, partOf(file)), part);
      expect(await remote.store(file)).toMatchObject({ sent: true });
      expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
      rmSync(join(place, file.path));
    }
  });

  test('of what the sender believes unsent, keeps and proves what is there all the same', async () => {
    const { remote, place } = await destination(kind);
    const file = { ...(await upload('20260101/a.jpg', 40_000)), unsent: true };
    expect(await remote.store(file)).toMatchObject({ sent: true });
    expect(await remote.store(file)).toMatchObject({ sent: false, level: 'digest', sha256: file.sha256 });
    execFileSync('ln', [join(place, file.path), join(place, partOf(file))]);
    expect(await remote.store(file), 'cut between the two halves of a rename').toMatchObject({ sent: false });
    expect(readdirSync(join(place, '20260101'))).toEqual(['a.jpg']);

    const other = Buffer.alloc(40_000);
    rmSync(join(place, file.path));
    put(join(place, file.path), other);
    expect(await codeFrom(remote.store(file))).toBe('conflict');
    execFileSync('ln', [join(place, file.path), join(place, partOf(file))]);
    expect(await codeFrom(remote.store(file))).toBe('conflict');
    expect(readFileSync(join(place, file.path)).equals(other)).toBe(true);
    expect(readdirSync(join(place, '20260101'))).toEqual(['a.jpg']);
    expect(await remote.store({ ...file, replace: true })).toMatchObject({ sent: true });
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);

    rmSync(join(place, file.path));
    put(join(place, partOf(file)), file.bytes.subarray(0, 10_000));
    expect(await remote.store(file)).toMatchObject({ sent: true });
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
  });

  test('never writes through a part that is a second name of the final file', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 400_000);
    put(join(place, file.path), Buffer.alloc(400_000));
    execFileSync('ln', [join(place, file.path), join(place, partOf(file))]);
    const held = openSync(join(place, file.path), 'r');
    expect(await remote.store({ ...file, replace: true })).toMatchObject({ sent: true });
    expect(readFileSync(held).equals(Buffer.alloc(400_000))).toBe(true);
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
  });

  test('refuses a local file that is not what the ledger says, and stores nothing', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 900_000);
    expect(await codeFrom(remote.store({ ...file, size: file.size + 1 }))).toBe('source-changed');
    const bytes = Buffer.from(file.bytes);
    bytes[899_999] = (bytes[899_999] as number) ^ 1;
    writeFileSync(file.localPath, bytes);
    expect(await codeFrom(remote.store(file))).toBe('source-changed');
    expect(existsSync(join(place, '20260101')) ? readdirSync(join(place, '20260101')) : []).toEqual([]);
    rmSync(file.localPath);
    expect(await codeFrom(remote.store(file))).toBe('source-absent');
    symlinkSync('/etc/hostname', file.localPath);
    expect(await codeFrom(remote.store(file))).toBe('not-a-file');
    rmSync(file.localPath);
    execFileSync('mkfifo', [file.localPath]);
    expect(await codeFrom(remote.store({ ...file, size: 0 }))).toBe('not-a-file');
  });

  test('finds with the digest proof that the destination gives back another byte, and gives no name', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 600_000, { proof: 'digest' });
    let told = 0;
    const onBytes = (bytes: number) => {
      told += bytes;
      if (told !== file.size) return;
      // All bytes are written: now the disk goes bad.
      const disk = openSync(join(place, partOf(file)), 'r+');
      writeSync(disk, Buffer.from([(file.bytes[300_000] as number) ^ 1]), 0, 1, 300_000);
    };
    expect(await codeFrom(remote.store({ ...file, onBytes }))).toBe('corrupted');
    expect(readdirSync(join(place, '20260101'))).toEqual([]);
    expect(await remote.store(file)).toMatchObject({ level: 'digest', sha256: file.sha256, sent: true });
  });

  test('ends at an abort, and goes on at the next call', async () => {
    const { remote, place } = await destination(kind);
    const file = await upload('20260101/a.jpg', 20_000_000);
    const stop = new AbortController();
    const reason = new Error('enough');
    const onBytes = () => stop.abort(reason);
    await expect(remote.store({ ...file, onBytes }, stop.signal)).rejects.toBe(reason);
    expect(existsSync(join(place, file.path))).toBe(false);
    await expect(remote.store(file, stop.signal)).rejects.toBe(reason);
    expect(await remote.store(file)).toMatchObject({ sent: true });
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
  });

  test('carries names as they are', async () => {
    const { remote, place } = await destination(kind);
    const names = [
      'a b  c.jpg',
      'é–日本.jpg',
      'é.jpg',
      'line\nbreak\tand\x1b[31m.jpg',
      '<img src=x onerror=alert(1)>.jpg',
      '-rf',
      '.hidden',
      '$(id);`id`"\'\\.jpg',
      `${'n'.repeat(251)}.jpg`,
      'é'.repeat(125),
    ];
    const files = await Promise.all(names.map((name) => upload(`2026 01/${name}`, 10)));
    for (const file of files) expect(await remote.store(file)).toMatchObject({ sent: true });
    expect(readdirSync(join(place, '2026 01')).sort()).toEqual([...names].sort());
    const listed = await entriesOf(remote);
    expect(listed.map(({ path }) => path)).toEqual(files.map(({ path }) => path).sort());
    expect(listed.every(({ unreadable, size }) => unreadable === undefined && size === 10)).toBe(true);
  });

  test.each(['', '/etc/passwd', '../a', 'a/../../b', 'a//b', 'a/', './a', 'a\0b', 'n'.repeat(256)])(
    'refuses the path %j',
    async (path) => {
      const { remote } = await destination(kind);
      const file = await upload('a', 10);
      expect(await codeFrom(remote.store({ ...file, path }))).toBe('path');
      expect(await codeFrom(remote.read(path, 10))).toBe('path');
    },
  );

  test('tells an absent root from an empty folder', async () => {
    const { remote } = await destination(kind);
    expect(await entriesOf(remote)).toEqual([]);
    expect(await remote.days()).toEqual([]);
    await remote.probe();
    const root = join(await tempFolder(), 'not-mounted');
    const { remote: absent } = await destination(kind, root);
    const file = await upload('20260101/a.jpg', 10);
    expect(await codeFrom(absent.store(file))).toBe('root-absent');
    expect(await codeFrom(entriesOf(absent))).toBe('root-absent');
    expect(await codeFrom(entriesOf(absent, ['20260101']))).toBe('root-absent');
    expect(await codeFrom(absent.days())).toBe('root-absent');
    expect(await codeFrom(absent.probe())).toBe('root-absent');
    expect(existsSync(root)).toBe(false);
  });

  test('lists every file, hides parts, and flags what is no file', async () => {
    const { remote, place } = await destination(kind);
    put(join(place, 'root.jpg'), '1');
    for (let day = 1; day <= 3; day++) {
      for (let n = 0; n < 250; n++) put(join(place, `2026010${day}`, `${n}.jpg`), 'x'.repeat(n));
    }
    put(join(place, '20260101/raw/deep/a.cr2'), 'deep');
    put(join(place, '20260101/b.jpg.0123456789abcdef.part'), 'half');
    symlinkSync('/etc', join(place, '20260102/link'));
    execFileSync('mkfifo', [join(place, '20260103/pipe')]);
    const all = await entriesOf(remote);
    expect(all.filter(({ unreadable }) => unreadable === undefined)).toHaveLength(752);
    expect(all.find(({ path }) => path === '20260101/249.jpg')).toMatchObject({
      size: 249,
      modifiedAt: expect.any(Number),
    });
    expect(all.filter(({ unreadable }) => unreadable !== undefined)).toEqual([
      { path: '20260102/link', size: 0, unreadable: 'a symbolic link, not a regular file' },
      { path: '20260103/pipe', size: 0, unreadable: 'a named pipe, not a regular file' },
    ]);
    expect(await remote.days()).toEqual(['20260101', '20260102', '20260103']);
    expect((await entriesOf(remote, ['', '20260105'])).map(({ path }) => path)).toEqual(['root.jpg']);
    expect(await entriesOf(remote, ['20260101'])).toHaveLength(251);
    const folders = new Map<string, number>();
    for await (const _ of remote.list({ onFolder: (path, entries) => folders.set(path, entries) }));
    expect(folders.get('20260102')).toBe(251);
    expect(folders.size).toBe(6);
  });

  test('lets a reader of a listing leave early, or abort', async () => {
    const { remote, place } = await destination(kind);
    for (let n = 0; n < 50; n++) put(join(place, `day-${n}`, 'a.jpg'), 'a');
    for await (const _ of remote.list()) break;
    await expect(
      (async () => {
        for await (const _ of remote.list({ signal: AbortSignal.abort(new Error('enough')) }));
      })(),
    ).rejects.toThrow('enough');
    expect(await entriesOf(remote)).toHaveLength(50);
  });

  test('does not take a tree that cannot be read whole for a whole one', async () => {
    const { remote, place } = await destination(kind);
    const spoil = {
      gone: (day: string) => rmSync(day, { recursive: true }),
      'a file': (day: string) => {
        rmSync(day, { recursive: true });
        writeFileSync(day, 'no folder any more');
      },
    };
    for (const how of Object.values(spoil)) {
      put(join(place, '20260101/a.jpg'), 'a');
      put(join(place, '20260102/b.jpg'), 'b');
      // Its parent has just told of it, so that it counts as there; even root cannot read it now.
      const onFolder = (path: string) => path === '' && how(join(place, '20260102'));
      const reading = (async () => {
        for await (const _ of remote.list({ onFolder }));
      })();
      const error = await reading.then(
        () => undefined,
        (it: unknown) => it as Error,
      );
      expect(codeOf(error)).toBe('listing');
      expect(error?.message).toContain(join(place, '20260102'));
      expect(await entriesOf(remote, ['20260101'])).toHaveLength(1);
      rmSync(place, { recursive: true });
    }
  });

  test('says that the disk is full, leaves no torn name, and goes on when there is room', async () => {
    const disk = join(await tempFolder(), 'disk');
    smallDisk(disk, 'size=8m');
    const { remote, place } = await destination(kind, disk);
    put(join(disk, 'ballast'), Buffer.alloc(5_000_000));
    const file = await upload('20260101/a.jpg', 6_000_000);
    expect(await codeFrom(remote.store(file))).toBe('destination-full');
    expect(readdirSync(join(place, '20260101')).filter((name) => !name.endsWith('.part'))).toEqual([]);
    rmSync(join(disk, 'ballast'));
    expect(await remote.store(file)).toMatchObject({ sent: true });
    expect(readFileSync(join(place, file.path)).equals(file.bytes)).toBe(true);
  });
});
