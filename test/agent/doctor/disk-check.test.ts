import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFolder, type RoomMark } from '@vigie/agent/doctor/disk-check';
import { expect, test } from 'vitest';
import { smallDisk } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';
import { checkInChild, fixes, withoutPrivilege } from './in-child.ts';

const marks: RoomMark[] = [
  { percent: 10, bytes: 0, inodes: 20, effect: 'files are removed' },
  { percent: 2, bytes: 0, inodes: 5, effect: 'captures are skipped' },
];
const of = (folder: string) => ({ folder, expected: [] as string[], trees: [] as string[], marks, token: 'abc' });

async function disk(options: string) {
  const folder = join(await tempFolder(), 'disk');
  const { unmount } = smallDisk(folder, options);
  return { folder, unmount };
}

/** Writes until so many bytes of a disk are free. */
const fill = (folder: string, bytes: number) => writeFile(join(folder, 'filler'), Buffer.alloc(bytes));

test('a good disk: nothing to mend, and nothing is left on it', async () => {
  const { folder } = await disk('size=4m,nr_inodes=1000');
  const findings = await checkFolder(of(folder));
  expect(findings.map(({ code, state }) => `${code} ${state}`)).toEqual(['disk-writable ok', 'disk-room ok']);
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that is not made yet is looked at where it will be', async () => {
  const { folder } = await disk('size=4m,nr_inodes=1000');
  expect(fixes(await checkFolder(of(join(folder, 'sources/garden'))))).toEqual({});
  expect(await readdir(folder)).toEqual([]);
});

test('watermarks: what happens at this fill is said, the lowest that is passed first', async () => {
  const { folder } = await disk('size=4m,nr_inodes=1000');
  await fill(folder, 3_900_000);
  const [low] = (await checkFolder(of(folder))).filter(({ code }) => code === 'disk-low');
  expect(low).toMatchObject({
    state: 'mend',
    message: expect.stringContaining('files are removed'),
    fix: expect.stringContaining('du -xh'),
  });
  await fill(folder, 4_150_000);
  expect((await checkFolder(of(folder))).find(({ code }) => code === 'disk-low')?.message).toContain(
    'captures are skipped',
  );
});

test('a full disk, and one without inodes', async () => {
  const full = await disk('size=1m,nr_inodes=1000');
  await fill(full.folder, 1_048_576);
  expect(fixes(await checkFolder(of(full.folder)))).toEqual({ 'disk-full': expect.stringContaining('df -') });
  const crowded = await disk('size=4m,nr_inodes=12');
  for (let n = 0; ; n++) {
    try {
      await writeFile(join(crowded.folder, String(n)), '');
    } catch {
      break; // That is the fault that is looked for.
    }
  }
  expect(fixes(await checkFolder(of(crowded.folder)))).toEqual({
    'disk-full': expect.stringContaining('df -i'),
    'disk-no-inodes': expect.stringMatching(/^df -i .*--inodes/),
  });
});

test('few inodes left', async () => {
  const { folder } = await disk('size=4m,nr_inodes=18');
  const found = (await checkFolder(of(folder))).find(({ code }) => code === 'disk-few-inodes');
  expect(found).toMatchObject({ state: 'mend', message: expect.stringContaining('files are removed') });
});

test('a disk that was mounted read-only, as after an error', async () => {
  const { folder } = await disk('size=4m');
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const found = fixes(await checkFolder(of(folder)));
  expect(found).toEqual({ 'disk-read-only': expect.stringContaining(`mount -o remount,rw ${folder}`) });
  execFileSync('bash', ['-c', (found['disk-read-only'] as string).replace('sudo ', '')]);
  expect(fixes(await checkFolder(of(folder)))).toEqual({});
});

test('a disk that is not mounted is told from an empty one', async () => {
  const { folder, unmount } = await disk('size=4m');
  const marker = join(folder, '.vigie-folder');
  await writeFile(marker, '');
  expect(fixes(await checkFolder({ ...of(folder), expected: [marker] }))).toEqual({});
  unmount();
  const found = fixes(await checkFolder({ ...of(folder), expected: [marker] }));
  expect(found).toEqual({ 'storage-absent': expect.stringContaining(`sudo mount ${folder}`) });
});

test('a tree on a disk of its own', async () => {
  const { folder } = await disk('size=4m');
  const trees = ['input', 'result'].map((name) => join(folder, name));
  for (const tree of trees) await mkdir(tree);
  expect(fixes(await checkFolder({ ...of(folder), trees }))).toEqual({});
  smallDisk(trees[1] as string, 'size=1m');
  expect(fixes(await checkFolder({ ...of(folder), trees }))).toEqual({ 'folder-split': `sudo umount ${trees[1]}` });
});

test('a folder of somebody else', async () => {
  const folder = join(await tempFolder(), 'mine');
  await mkdir(folder, { mode: 0o500 });
  const found = fixes(await checkInChild(withoutPrivilege, 'disk', of(folder)));
  expect(found['folder-not-writable']).toMatch(new RegExp(`^sudo chown -R \\w+ ${folder}$`));
});

test('a file system without second names, such as FAT', async () => {
  const { folder } = await disk('size=4m,nr_inodes=1000');
  const refuse = [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=link,linkat',
    '-e',
    'inject=link,linkat:error=EPERM',
  ];
  const found = fixes(await checkInChild(refuse, 'disk', of(folder)));
  expect(found).toEqual({ 'disk-no-links': expect.stringContaining('ext4') });
  expect(await readdir(folder)).toEqual([]);
});
