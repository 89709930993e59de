import { spawn } from 'node:child_process';
import {
  appendFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { captureTimeOf, readExif } from '@vigie/agent/process/exif';
import { createTakenFiles } from '@vigie/agent/store/taken-files';
import { createFolderCamera, type FolderOptions } from '@vigie/hardware/camera/folder';
import { type Clock, systemClock } from '@vigie/shared/kit/clock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { captureRequest } from '../../support/capture-request.ts';
import { testLedger } from '../../support/ledger.ts';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder, until } from '../../support/temp.ts';

const WAIT_MS = 60;
const JPEG = await jpegPicture({ width: 64, height: 48 });

/** A clock whose durations a test decides. */
function ownClock() {
  let passed = 0;
  const clock: Clock = { ...systemClock, monotonic: () => passed };
  const pass = (ms: number) => {
    passed += ms;
  };
  return { clock, pass };
}

async function set(options: Partial<FolderOptions> = {}) {
  const path = options.path ?? join(await tempFolder(), 'ftp');
  await mkdir(path, { recursive: true });
  const work = await tempFolder();
  let capture = 0;
  const all: FolderOptions = {
    path,
    take: 'move',
    waitTimeMs: WAIT_MS,
    lookEveryMs: 50,
    depth: 4,
    extensions: ['jpg', 'jpeg', 'nef'],
    timeFrom: ['name', 'exif', 'mtime'],
    filesMax: 50,
    timeLimitMs: 5_000,
    keepFolder: join(work, 'copies'),
    taken: inMemory(),
    exifTime: async (head, zone) => captureTimeOf(await readExif(head), zone),
    clock: systemClock,
    ...options,
  };
  const begin = (other: Partial<FolderOptions> = {}) => createFolderCamera({ ...all, ...other });
  /** A request whose folder lies beside the copies, as a source's do. */
  async function request() {
    const folder = join(work, String(++capture));
    await mkdir(folder);
    return captureRequest({ folder });
  }
  const drop = async (name: string, bytes: Uint8Array = JPEG) => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  };
  const left = async () => (await readdir(path, { recursive: true })).filter((name) => !name.endsWith('/')).sort();
  return { path, work, begin, camera: begin(), request, drop, left, taken: all.taken, keepFolder: all.keepFolder };
}

function inMemory(): FolderOptions['taken'] {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add: (key) => void keys.add(key),
    forget: (key) => void keys.delete(key),
    retain(kept) {
      for (const key of keys) if (!kept.has(key)) keys.delete(key);
    },
  };
}

const time = (text: string) => Date.parse(text);

test('a complete file is taken, under the time that its name tells', async () => {
  const { camera, drop, request, left } = await set();
  await drop('cam1_20260503142530.jpg');
  const wanted = await request();
  const files = await camera.capture(wanted);
  expect(files).toEqual([
    {
      path: expect.stringContaining(`${wanted.folder}/20260503142530_`),
      extension: 'jpg',
      takenAt: time('2026-05-03T12:25:30Z'),
    },
  ]);
  expect(await readFile(files[0]?.path as string)).toEqual(JPEG);
  expect(await left()).toEqual([]);
  expect(await camera.drops?.waiting()).toBe(false);
});

test('nothing is there: camera-absent with what to check; no folder: the same, and it works when it is back', async () => {
  const { camera, drop, request, path } = await set();
  await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'camera-absent', retryable: true });
  await rename(path, `${path}.away`);
  await expect(camera.capture(await request())).rejects.toMatchObject({
    code: 'camera-absent',
    hint: expect.stringContaining('mounted'),
  });
  await expect(camera.drops?.waiting()).rejects.toMatchObject({ code: 'camera-absent' });
  await rename(`${path}.away`, path);
  await drop('a.jpg');
  expect(await camera.capture(await request())).toHaveLength(1);
});

describe('only complete files', () => {
  test('a file that grows now and then is left alone until it has not changed for the wait time', async () => {
    const { camera, request, path } = await set({ waitTimeMs: 300 });
    const parts = 6;
    const portion = Math.ceil(JPEG.length / parts);
    let isWhole = false;
    const writer = (async () => {
      for (let at = 0; at < JPEG.length; at += portion) {
        await appendFile(join(path, 'slow.jpg'), JPEG.subarray(at, at + portion));
        await systemClock.sleep(120);
      }
      isWhole = true;
    })();
    await until('it is there', async () => (await readdir(path)).length > 0);
    const [file] = await camera.capture(await request());
    expect(isWhole).toBe(true);
    await writer;
    expect(await readFile(file?.path as string)).toEqual(JPEG);
  });

  test('a file that a program has open for writing is left alone, however long it rests', async () => {
    const { clock, pass } = ownClock();
    const { camera, request, path } = await set({ clock });
    const script = `exec 3>>"$0"; cat <&0 >/dev/null`;
    await writeFile(join(path, 'open.jpg'), JPEG);
    const writer = spawn('sh', ['-c', script, join(path, 'open.jpg')], { stdio: ['pipe', 'ignore', 'ignore'] });
    onTestFinished(() => void writer.kill('SIGKILL'));
    await until('it is open', async () => {
      const fds = await readdir(`/proc/${writer.pid}/fd`).catch((): string[] => []);
      return fds.includes('3');
    });
    await camera.drops?.waiting();
    pass(100 * WAIT_MS);
    expect(await camera.drops?.waiting()).toBe(false);
    writer.stdin.end();
    await until('it is complete', () => camera.drops?.waiting());
    expect(await camera.capture(await request())).toHaveLength(1);
  });

  test('a JPEG without an end is an upload that has halted: it is taken after ten minutes, as it is', async () => {
    const { clock, pass } = ownClock();
    const { camera, drop, request } = await set({ clock });
    await drop('halted.jpg', JPEG.subarray(0, JPEG.length / 2));
    for (const ms of [0, 60_000, 539_000]) {
      pass(ms);
      expect(await camera.drops?.waiting()).toBe(false);
    }
    pass(1_000);
    expect(await camera.drops?.waiting()).toBe(true);
    expect(await camera.capture(await request())).toHaveLength(1);
  });

  test('a file that changes at the moment of taking goes back, and is taken later', async () => {
    let isWritten = false;
    const { camera, drop, request, left, path } = await set({
      timeFrom: ['exif', 'mtime'],
      async exifTime() {
        if (!isWritten) await appendFile(join(path, 'a.jpg'), 'more');
        isWritten = true;
        return undefined;
      },
    });
    await drop('a.jpg');
    const wanted = await request();
    await expect(camera.capture(wanted)).rejects.toMatchObject({ code: 'camera-absent' });
    expect(await readdir(wanted.folder)).toEqual([]);
    expect(await left()).toEqual(['a.jpg']);
    expect(await camera.capture(wanted)).toHaveLength(1);
  });

  test('unfinished and hidden names, other types, links and pipes stay', async () => {
    const { camera, drop, request, left, path } = await set();
    for (const name of ['a.jpg.part', '.b.jpg', 'c.jpg.filepart', 'd.txt', '.hidden/e.jpg', '@eaDir/f.jpg'])
      await drop(name);
    await symlink(join(path, 'd.txt'), join(path, 'link.jpg'));
    await mkdir(join(path, 'folder.jpg'));
    const before = await left();
    await expect(camera.capture(await request())).rejects.toMatchObject({ code: 'camera-absent' });
    await drop('good.JPG');
    expect(await camera.capture(await request())).toMatchObject([{ extension: 'jpg' }]);
    expect(await left()).toEqual(before);
  });

  test('an empty file is never a picture, and is told where there is nothing else', async () => {
    const { clock, pass } = ownClock();
    const { camera, drop, request, left } = await set({ clock });
    await drop('empty.jpg', new Uint8Array());
    await camera.drops?.waiting();
    pass(2 * WAIT_MS);
    expect(await camera.drops?.waiting()).toBe(false);
    await expect(camera.capture(await request())).rejects.toMatchObject({
      code: 'camera-crashed',
      message: expect.stringContaining('"empty.jpg" is empty'),
    });
    expect(await left()).toEqual(['empty.jpg']);
  });
});

test('folders below are looked into down to the depth; the oldest files come first, a bounded number a capture', async () => {
  const { camera, drop, request, left, path } = await set({ depth: 2, filesMax: 2, timeFrom: ['mtime'] });
  const names = ['3.jpg', '2026/05/1.jpg', '2026/2.jpg', '2026/05/03/deep.jpg'];
  for (const name of names) await drop(name);
  for (const [name, second] of [
    ['2026/05/1.jpg', 1],
    ['2026/2.jpg', 2],
    ['3.jpg', 3],
  ] as const) {
    await utimes(join(path, name), second, second);
  }
  expect((await camera.capture(await request())).map((file) => file.takenAt)).toEqual([1_000, 2_000]);
  expect((await camera.capture(await request())).map((file) => file.takenAt)).toEqual([3_000]);
  expect(await left()).toContain('2026/05/03/deep.jpg');
});

test('day folders that were left empty long ago are removed, the others and the folder itself stay', async () => {
  const { camera, path, left } = await set();
  for (const name of ['2020/01', '2026/05']) await mkdir(join(path, name), { recursive: true });
  for (const name of ['2020/01', '2020']) await utimes(join(path, name), 1, 1);
  await utimes(path, 1, 1);
  await camera.drops?.waiting();
  // The parent of one that was removed has changed just now.
  expect(await left()).toEqual(['2020', '2026', '2026/05']);
});

describe('capture time', () => {
  const exif = { IFD0: { Make: 'X' }, IFD2: { DateTimeOriginal: '2026:05:01 08:00:00', OffsetTimeOriginal: '+02:00' } };
  const takenAt = async (options: Partial<FolderOptions>, name: string, bytes?: Buffer) => {
    const { camera, drop, request, path } = await set(options);
    await drop(name, bytes ?? JPEG);
    await utimes(join(path, name), 1_700_000_000, 1_700_000_000);
    return (await camera.capture(await request()))[0]?.takenAt;
  };

  test('the order of the sources is a setting', async () => {
    const bytes = await jpegPicture({ width: 64, height: 48, exif });
    const [byName, byExif, byFile] = ['2026-05-03T12:25:30Z', '2026-05-01T06:00:00Z', '2023-11-14T22:13:20Z'].map(time);
    expect(await takenAt({}, '20260503142530.jpg', bytes)).toBe(byName);
    expect(await takenAt({ timeFrom: ['exif', 'name'] }, '20260503142530.jpg', bytes)).toBe(byExif);
    expect(await takenAt({ timeFrom: ['mtime', 'name'] }, '20260503142530.jpg', bytes)).toBe(byFile);
    expect(await takenAt({}, 'IMG_0001.jpg')).toBe(byFile);
    // Dates that do not exist are no dates.
    expect(await takenAt({}, '20260231142530.jpg')).toBe(byFile);
    expect(await takenAt({}, '20260503256199.jpg')).toBe(byFile);
    expect(await takenAt({ timeFrom: ['name'] }, 'IMG_0001.jpg')).toBe(Date.UTC(2026, 4, 3, 10, 20, 30));
  });
});

describe('copied and left', () => {
  test('each file is taken once, also by a later life of the agent; one that was written anew is another file', async () => {
    const { ledger } = await testLedger();
    const taken = createTakenFiles(ledger, 'garden', systemClock);
    const { begin, drop, request, left, path, keepFolder } = await set({ take: 'copy', taken });
    await drop('a.jpg');
    await drop('b.jpg');
    expect(await begin().capture(await request())).toHaveLength(2);
    expect(await left()).toEqual(['a.jpg', 'b.jpg']);
    expect(await readdir(keepFolder)).toEqual([]);
    const { clock, pass } = ownClock();
    const later = begin({ clock });
    await later.drops?.waiting();
    pass(2 * WAIT_MS);
    expect(await later.drops?.waiting()).toBe(false);
    await utimes(join(path, 'a.jpg'), 1_750_000_000, 1_750_000_000);
    expect(await begin().capture(await request())).toMatchObject([{ takenAt: 1_750_000_000_000 }]);
  });

  test('a copy that was not noted as taken is made again, one that was is given once', async () => {
    const { begin, drop, request, taken, keepFolder } = await set({ take: 'copy' });
    await drop('20260503142530.jpg');
    await mkdir(keepFolder);
    // As a power cut leaves them: a copy under way, one that is whole and not noted, one that is noted and not given.
    await writeFile(join(keepFolder, `20260503142530_1_${'0'.repeat(32)}.jpg.part`), JPEG.subarray(0, 10));
    await writeFile(join(keepFolder, `20260503142530_1_${'1'.repeat(32)}.jpg`), JPEG);
    await writeFile(join(keepFolder, `20260101000000_1767222000000_${'2'.repeat(32)}.nef`), 'II*\0');
    taken.add('2'.repeat(32));
    const camera = begin();
    expect(await camera.drops?.waiting()).toBe(true);
    const wanted = await request();
    const [owed] = await camera.capture(wanted);
    expect(owed).toMatchObject({ extension: 'nef', takenAt: 1_767_222_000_000 });
    expect(await readFile(owed?.path as string, 'latin1')).toBe('II*\0');
    expect(await readdir(keepFolder)).toEqual([]);
    expect(await camera.capture(await request())).toMatchObject([{ extension: 'jpg' }]);
  });

  test('what is gone from the folder is forgotten, but not while the folder shows nothing that is known', async () => {
    const { begin, drop, request, taken, path } = await set({ take: 'copy' });
    await drop('a.jpg');
    await drop('b.jpg');
    await begin().capture(await request());
    const keys: string[] = [];
    const spy = { ...taken, retain: (kept: ReadonlySet<string>) => void keys.push(...kept) };
    await rename(path, `${path}.away`);
    await mkdir(path);
    await drop('new.jpg');
    const unmounted = createFolderCamera({ ...(await optionsLike(path, spy)) });
    await unmounted.drops?.waiting();
    expect(keys).toEqual([]);
    await rm(path, { recursive: true });
    await rename(`${path}.away`, path);
    await unlink(join(path, 'b.jpg'));
    const back = createFolderCamera({ ...(await optionsLike(path, spy)) });
    await back.drops?.waiting();
    expect(keys).toHaveLength(1);
  });

  async function optionsLike(path: string, taken: FolderOptions['taken']): Promise<FolderOptions> {
    const base = {
      path,
      taken,
      take: 'copy',
      waitTimeMs: WAIT_MS,
      lookEveryMs: 50,
      depth: 4,
      extensions: ['jpg'],
    } as const;
    const rest = { timeFrom: ['mtime'], filesMax: 5, timeLimitMs: 5_000, clock: systemClock } as const;
    return { ...base, ...rest, keepFolder: join(await tempFolder(), 'copies'), exifTime: async () => undefined };
  }
});

test('a folder on another file system: the file is copied, then taken away, once', async () => {
  const path = await mkdtemp('/dev/shm/vigie-test-');
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const { begin, drop, request, left, work, taken } = await set({ path });
  expect((await lstat(path)).dev, '/dev/shm should be a file system of its own').not.toBe((await lstat(work)).dev);
  await drop('20260503142530.jpg');
  const [file] = await begin().capture(await request());
  expect(await readFile(file?.path as string)).toEqual(JPEG);
  expect(file?.takenAt).toBe(time('2026-05-03T12:25:30Z'));
  expect(await left()).toEqual([]);
  // A crash between the note and the removal: the next look only finishes the removal.
  await drop('b.jpg');
  const again = begin({ taken: { ...taken, has: () => true } });
  expect(await again.drops?.waiting()).toBe(false);
  expect(await left()).toEqual([]);
});

test('a file with a second name is copied: what is written under the other name does not change the picture', async () => {
  const { camera, drop, request, left, path, work } = await set();
  await drop('a.jpg');
  await link(join(path, 'a.jpg'), join(work, 'elsewhere'));
  const [file] = await camera.capture(await request());
  expect(await left()).toEqual([]);
  await using other = await open(join(work, 'elsewhere'), 'r+');
  await other.write('changed', 0);
  expect(await readFile(file?.path as string)).toEqual(JPEG);
  expect((await lstat(file?.path as string)).nlink).toBe(1);
});

test('an abort in the middle gives what has been taken and leaves the rest', async () => {
  const abort = new AbortController();
  const { camera, drop, request, left } = await set({
    async exifTime() {
      abort.abort(new Error('the source was stopped'));
      return undefined;
    },
    timeFrom: ['exif', 'mtime'],
  });
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await drop(name);
  const wanted = await request();
  expect(await camera.capture(wanted, abort.signal)).toHaveLength(1);
  expect(await readdir(wanted.folder)).toHaveLength(1);
  expect(await left()).toHaveLength(2);
});
