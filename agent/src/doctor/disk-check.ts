import { link, open, readFile, rename, stat, statfs, unlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';
import { type Finding, mend, ok, word } from './finding.ts';

/** Free room under which something has to be done, as the configuration says it; a figure of 0 is no mark. */
export type RoomMark = { percent: number; bytes: number; inodes: number; effect: string };

export type FolderCheckOptions = {
  /** The data folder, or a watched folder's root. */
  folder: string;
  /** Files and folders that must be there, because they were: a disk that is not mounted does not have them. */
  expected: readonly string[];
  /** Folders below that must lie on the same file system. */
  trees: readonly string[];
  marks: readonly RoomMark[];
  /** A name that nobody else uses. */
  token: string;
};

/** Is the disk below a folder there, writable, roomy enough, and one on which files can be moved durably? */
export async function checkFolder(options: FolderCheckOptions): Promise<Finding[]> {
  const { folder, expected, marks } = options;
  const place = await nearest(folder);
  const mount = await mountOf(place);
  for (const file of expected) {
    if ((await deviceOf(file)) !== undefined) continue;
    const what = `"${file}" is not there, and was: the disk is not mounted, or somebody has emptied it`;
    return [
      mend(
        'storage-absent',
        what,
        `findmnt --target ${word(folder)}; sudo mount ${word(folder)} # or: sudo mount --all`,
      ),
    ];
  }
  const room = await checkRoom(place, marks);
  if (mount?.readOnly) {
    const fix = `sudo mount -o remount,rw ${word(mount.point)} # before that: sudo dmesg | grep -iE 'i/o error|ext4|remount'`;
    return [mend('disk-read-only', `the file system at ${mount.point} is mounted read-only`, fix), ...room];
  }
  return [...(await checkMoves(place, options, mount?.type)), ...(await checkSplit(options)), ...room];
}

async function checkRoom(place: string, marks: readonly RoomMark[]): Promise<Finding[]> {
  const { bsize, bavail, blocks, files, ffree } = await statfs(place);
  const [freeBytes, totalBytes] = [bsize * bavail, bsize * blocks];
  const percent = totalBytes === 0 ? 100 : (100 * freeBytes) / totalBytes;
  const about = `${megabytes(freeBytes)} of ${megabytes(totalBytes)} MB are free at "${place}"`;
  const fix = `df -h ${word(place)}; sudo du -xh --max-depth=2 ${word(place)} | sort -h | tail`;
  if (freeBytes === 0) return [mend('disk-full', about, fix)];
  if (files > 0 && ffree === 0)
    return [
      mend('disk-no-inodes', `no file can be made at "${place}": all ${files} inodes are used`, inodesFix(place)),
    ];
  const low = marks.filter((mark) => percent < mark.percent || freeBytes < mark.bytes).at(-1);
  const few = files > 0 ? marks.filter((mark) => ffree < mark.inodes).at(-1) : undefined;
  return [
    low ? mend('disk-low', `${about}: ${low.effect}`, fix) : ok('disk-room', about),
    ...(few
      ? [mend('disk-few-inodes', `${ffree} of ${files} inodes are free at "${place}": ${few.effect}`, inodesFix(place))]
      : []),
  ];
}

const inodesFix = (place: string): string =>
  `df -i ${word(place)}; sudo du --inodes -x --max-depth=2 ${word(place)} | sort -n | tail`;
const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** Writes, flushes, links, moves and removes a file of its own, as pictures are. */
async function checkMoves(place: string, { token }: FolderCheckOptions, type: string | undefined): Promise<Finding[]> {
  const [first, second, third] = ['a', 'b', 'c'].map((name) => join(place, `.vigie-doctor-${token}-${name}.part`)) as [
    string,
    string,
    string,
  ];
  try {
    await using file = await open(first, 'wx');
    await file.writeFile('doctor');
    await file.sync();
    try {
      await link(first, second);
    } catch (error) {
      if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
      const what = `the file system at "${place}"${type ? `, ${type},` : ''} keeps no second name of a file: pictures could be overwritten there`;
      return [mend('disk-no-links', what, `findmnt --target ${word(place)} # use a disk with ext4, xfs or btrfs`)];
    }
    await rename(second, third);
    return [ok('disk-writable', `files can be written, moved and removed at "${place}"`)];
  } catch (error) {
    return [notWritable(error, place)];
  } finally {
    for (const name of [first, second, third]) await removeIfThere(name);
  }
}

function notWritable(error: unknown, place: string): Finding {
  const what = `no file can be written at "${place}": ${messageOf(error)}`;
  if (isSystemError(error, 'ENOSPC', 'EDQUOT'))
    return mend('disk-full', what, `df -h ${word(place)}; df -i ${word(place)}`);
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return mend('folder-not-writable', what, `sudo chown -R ${word(userInfo().username)} ${word(place)}`);
  return mend('disk-failing', what, `sudo dmesg | tail -50; findmnt --target ${word(place)}`);
}

/** Files are moved between these folders, which works within one file system alone. */
async function checkSplit({ folder, trees }: FolderCheckOptions): Promise<Finding[]> {
  const own = await deviceOf(folder);
  const others: string[] = [];
  for (const tree of trees) {
    const device = await deviceOf(tree);
    if (device !== undefined && own !== undefined && device !== own) others.push(tree);
  }
  return others.map((tree) =>
    mend('folder-split', `"${tree}" lies on another file system than "${folder}"`, `sudo umount ${word(tree)}`),
  );
}

async function deviceOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).dev;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The folder, or the nearest one above it that is there: the agent makes the rest at its first start. */
async function nearest(folder: string): Promise<string> {
  let place = resolve(folder);
  while ((await deviceOf(place)) === undefined && place !== dirname(place)) place = dirname(place);
  return place;
}

/** The mount that holds a folder. Source: proc_pid_mountinfo(5). */
async function mountOf(place: string): Promise<{ point: string; readOnly: boolean; type: string } | undefined> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const mounts = text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const fields = before.split(' ');
    const [point, own] = [fields[4], fields[5]];
    const [type = '', , wide = ''] = after.split(' ');
    if (point === undefined || own === undefined) return [];
    const plain = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    return [{ point: plain, readOnly: `${own},${wide}`.split(',').includes('ro'), type }];
  });
  const holds = ({ point }: { point: string }) =>
    place === point || place.startsWith(point === '/' ? '/' : `${point}/`);
  // Of two at one point the later one lies on top.
  return mounts
    .filter(holds)
    .reduce<(typeof mounts)[number] | undefined>(
      (best, mount) => (best && best.point.length > mount.point.length ? best : mount),
      undefined,
    );
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
