import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Running programs that are known to hold cameras, each as `name (pid)`. Empty where /proc cannot be read. */
export async function cameraHolders(proc = '/proc'): Promise<string[]> {
  const entries = await readdir(proc).catch(() => []);
  const names = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (pid) => {
        // A process may end between the two calls: it holds nothing then.
        const name = (await readFile(join(proc, pid, 'comm'), 'latin1').catch(() => '')).trimEnd();
        return KNOWN.includes(name) ? `${name} (${pid})` : undefined;
      }),
  );
  return names.filter((name) => name !== undefined).slice(0, 5);
}
