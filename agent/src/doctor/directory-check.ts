import { stat } from 'node:fs/promises';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';
import { type Finding, mend, word } from './finding.ts';

export type DirectoryCheckOptions = {
  root: string;
  /** `checkFolder` for this folder. */
  checkFolder: (folder: string) => Promise<Finding[]>;
};

/** Is the folder of a directory destination there, and can files be put into it? It is never made by itself. */
export async function checkDirectory({ root, checkFolder }: DirectoryCheckOptions): Promise<Finding[]> {
  try {
    if (!(await stat(root)).isDirectory()) {
      return [mend('directory-absent', `"${root}" is no folder`, `ls -ld ${word(root)}`)];
    }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ESTALE', 'EIO', 'EHOSTDOWN')) throw error;
    const fix = `findmnt --target ${word(root)}; sudo mount ${word(root)} # or, where it is to be an ordinary folder: mkdir -p ${word(root)}`;
    return [mend('directory-absent', `the destination's folder cannot be reached: ${messageOf(error)}`, fix)];
  }
  return checkFolder(root);
}
