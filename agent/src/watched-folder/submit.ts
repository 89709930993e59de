import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Disk } from './disk.ts';
import { firstFree, nameFault, suffixedName } from './names.ts';
import { linkOrCopy } from './place.ts';

/**
 * Brings a complete file into a folder, durably, under its name or the next free one; the old name goes. Until the file
 * is whole and flushed, the folder does not have it. Returns the name taken.
 */
export async function bringIn(disk: Disk, file: string, folder: string, name: string): Promise<string> {
  const fault = nameFault(name);
  if (fault !== undefined) throw new VigieError('name', `submit ${JSON.stringify(name)}: ${fault}`);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const index = await firstFree(async (at) => (await disk.look(`${folder}/${suffixedName(name, at)}`)) !== undefined);
    const taken = suffixedName(name, index);
    try {
      await linkOrCopy(disk, file, `${folder}/${taken}`);
      // Its old name comes back in no power cut: whoever wrote under that name again would write into the picture.
      await disk.remove(file);
      await disk.syncFolder(file.slice(0, file.lastIndexOf('/')));
      return taken;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
  throw new VigieError('no-free-name', `submit ${JSON.stringify(name)}: every name was taken at once`, {
    retryable: true,
  });
}

const ATTEMPTS_MAX = 100;
