import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from '@vigie/shared/kit/errors';

/** The path that the system knows a folder by: links are resolved as far as it exists, and what does not exist yet follows. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (dirname(path) === path || !isAbsent(error)) throw error;
    return join(realPath(dirname(path)), basename(path));
  }
}

/** The same, without holding anybody up while a disk does not answer. */
export async function findRealPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (dirname(path) === path || !isAbsent(error)) throw error;
    return join(await findRealPath(dirname(path)), basename(path));
  }
}

const isAbsent = (error: unknown): boolean => isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP');
