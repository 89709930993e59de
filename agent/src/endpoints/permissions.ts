import { stat } from 'node:fs/promises';
import { isSystemError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';

/** The first of these folders that everybody may write to; undefined where there is none. What is not there yet is nobody's. */
export async function worldWritable(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      if (((await stat(bytesOf(folder))).mode & 0o002) !== 0) return folder;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  return undefined;
}
