import { createHash } from 'node:crypto';
import { fstatSync, type Stats } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { isSystemError, VigieError } from '../kit/errors.ts';
import { bytesOf, printable } from '../kit/names.ts';
import type { Upload } from './remote-folder.ts';

/**
 * Opens the file of an upload. A link is not followed and a FIFO does not block: `not-a-file`. `source-absent` where there is
 * none, `source-changed` where its size is not the ledger's.
 */
export async function openLocal({ localPath, size }: Upload): Promise<FileHandle> {
  const name = printable(localPath);
  let file: FileHandle;
  try {
    file = await open(bytesOf(localPath), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw new VigieError('source-absent', `read "${name}": it is not there any more`, { cause: error });
    }
    if (isSystemError(error, 'ELOOP', 'ENXIO')) throw notAFile(name, error);
    throw error;
  }
  try {
    const stat = statOf(file);
    if (!stat.isFile()) throw notAFile(name);
    if (stat.size !== size) throw sourceChanged(localPath, `it has ${stat.size} bytes instead of ${size}`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What the kernel knows of an open file: asked at once, since no disk has part in it and a thread of its own costs ten times as much. */
export function statOf(file: FileHandle): Stats {
  return fstatSync(file.fd);
}

export function sourceChanged(localPath: string, what: string): VigieError {
  return new VigieError('source-changed', `send "${printable(localPath)}": ${what}, which the ledger holds for it`, {
    hint: 'The file was changed or damaged after it was captured; nothing was stored.',
  });
}

function notAFile(name: string, cause?: unknown): VigieError {
  return new VigieError('not-a-file', `read "${name}": it is no regular file`, { cause });
}

/** The remote name of an upload under way: only a repetition of this very asset goes on with it. */
export function partNameOf({ path, sha256 }: Pick<Upload, 'path' | 'sha256'>): string {
  const slash = path.lastIndexOf('/') + 1;
  const tail = `.${sha256.slice(0, 16)}.part`;
  const name = path.slice(slash);
  const fits = bytesOf(name).length + tail.length <= 255;
  return path.slice(0, slash) + (fits ? name : createHash('sha256').update(name).digest('hex')) + tail;
}
