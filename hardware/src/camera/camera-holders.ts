import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that has a camera, or is of a kind that takes every camera it sees. */
export type CameraHolder = {
  pid: number;
  /** The kernel's name of the process: 15 characters at most. */
  name: string;
  /** The device file that it holds open; undefined where it is known by its name alone. */
  node: string | undefined;
  /** The process that started it. */
  parent: number;
};

/** Programs that take hold of cameras, by the first 15 characters of their names, as the kernel keeps them. */
const KNOWN = [
  'gvfs-gphoto2-vo',
  'gvfsd-gphoto2',
  'gvfs-mtp-volume',
  'gvfsd-mtp',
  'gphoto2',
  'entangle',
  'darktable',
  'digikam',
  'shotwell',
  'rapid-photo-dow',
  'kiod5',
];

/**
 * Who holds cameras: every process with an open file below `devices`, whatever its name, and those that are known to take
 * cameras. `proc` stands for `/proc`, `devices` for `/dev/bus/usb`. Files of other users' processes are seen by root alone.
 */
export async function findHolders({ proc = '/proc', devices = '/dev/bus/usb' } = {}): Promise<CameraHolder[]> {
  const entries = await readdir(proc).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (pid): Promise<CameraHolder | undefined> => {
        const node = await openBelow(join(proc, pid, 'fd'), `${devices}/`);
        // A process may end between the two looks: it holds nothing then.
        const stat = await readFile(join(proc, pid, 'stat'), 'latin1').catch(() => '');
        const [from, to] = [stat.indexOf('(') + 1, stat.lastIndexOf(')')];
        const name = stat.slice(from, to);
        if (stat === '' || (node === undefined && !KNOWN.includes(name))) return undefined;
        return { pid: Number(pid), name, node, parent: Number(stat.slice(to + 2).split(' ')[1]) };
      }),
  );
  return found.filter((holder) => holder !== undefined);
}

/** Foreign processes that may hold a camera, each as `name (pid)`, at most five; this process and its children are left out. */
export async function cameraHolders(proc = '/proc'): Promise<string[]> {
  const holders = await findHolders({ proc });
  return holders
    .filter(({ pid, parent }) => pid !== process.pid && parent !== process.pid)
    .map(({ name, pid }) => `${name} (${pid})`)
    .slice(0, 5);
}

/** The first open file of a process below a folder. Where its files cannot be read it shows none. */
async function openBelow(files: string, folder: string): Promise<string | undefined> {
  const names = await readdir(files).catch(() => []);
  for (const name of names) {
    const target = await readlink(join(files, name)).catch(() => '');
    if (target.startsWith(folder)) return target;
  }
  return undefined;
}
