import { constants, type FileHandle, open } from 'node:fs/promises';
import { VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, printable } from '@vigie/shared/kit/names';

/**
 * A claimed file, open for reading. `path` names the open file itself, so that a library that knows only UTF-8 names reads it
 * whatever its name is, and reads the very file that was digested.
 */
export type ClaimedFile = AsyncDisposable & { handle: FileHandle; path: string };

export async function openClaimed(file: string): Promise<ClaimedFile> {
  const handle = await open(bytesOf(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw new VigieError('not-a-file', `process ${JSON.stringify(printable(file))}: not a regular file`);
  }
  return { handle, path: `/proc/self/fd/${handle.fd}`, [Symbol.asyncDispose]: () => handle.close() };
}
