import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, messageOf, VigieError } from '@vigie/shared/kit/errors';

/** The names in a folder of the kernel's; none where it is not there. */
export const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });

/** A file's text without its end of line; undefined where there is no such file. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENODEV')) return undefined;
    throw failed(file, messageOf(error), error);
  }
}

/** As `textOf`, as a number. */
export async function numberOf(file: string): Promise<number | undefined> {
  const text = await textOf(file);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) throw failed(file, `${JSON.stringify(text.slice(0, 40))} is no number`);
  return number;
}

/** The folder below `root` whose file `name` holds a device's name. Several with one name are told apart as `name:2`, in their order. */
export async function folderNamed(root: string, device: string): Promise<string> {
  const [, name = device, which = '1'] = /^(.+):(\d+)$/.exec(device) ?? [];
  const found: string[] = [];
  const known: string[] = [];
  for (const folder of (await namesIn(root)).sort(byNumber)) {
    const own = await textOf(join(root, folder, 'name'));
    if (own === undefined) continue;
    known.push(own);
    if (own === name) found.push(join(root, folder));
  }
  const folder = found[Number(which) - 1];
  if (folder !== undefined) return folder;
  const exist = known.length === 0 ? 'none is there' : `${[...new Set(known)].join(', ')} are there`;
  throw absent(`find sensor ${JSON.stringify(device)} below ${root}: ${exist}`);
}

export const absent = (message: string): VigieError =>
  new VigieError('sensor-absent', message, {
    retryable: true,
    hint: 'Is it plugged in, and its driver loaded (config.txt: dtoverlay=…)? The names are those of the kernel.',
  });

export const failed = (what: string, is: string, cause?: unknown): VigieError =>
  new VigieError('sensor-failed', `read sensor ${JSON.stringify(what)}: ${is}`, {
    cause,
    retryable: true,
    hint: 'Check its wires; a long 1-wire bus wants a pull-up of 2.2 kΩ to 4.7 kΩ.',
  });

const byNumber = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
