import { createHash, type Hash } from 'node:crypto';
import { constants, type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exists, makeFolder, moveNew, removeIfThere, syncFolder } from '../kit/durable.ts';
import { codeOf, isSystemError, messageOf, VigieError } from '../kit/errors.ts';
import { bytesOf, printable } from '../kit/names.ts';
import { openLocal, partNameOf, sourceChanged } from './local-file.ts';
import type { Capabilities, Pace, Receipt, Upload } from './remote-folder.ts';
import { joined } from './remote-path.ts';

export const DIRECTORY_CAPABILITIES: Capabilities = { fsync: true, atomicReplace: true, freeSpace: true };
const BLOCK_BYTES = 1024 * 1024;
const PACED_BYTES = 4 * 1024;

/** What a long copy tells and asks between two blocks; `step` throws to end it. */
export type Step = { step: (bytes: number) => void };

/** Stores one file in a directory of this machine: the protocol of `RemoteFolder.store`, with the proofs that SFTP gets. */
export async function storeInDirectory(folder: string, upload: Upload, { step }: Step): Promise<Receipt> {
  const { size, sha256, replace, proof } = upload;
  await using file = await openLocal(upload);
  const final = joined(folder, upload.path);
  const part = joined(folder, partNameOf(upload));
  const receipt = (sent: boolean, level: Receipt['level']): Receipt => ({
    level,
    size,
    sha256: level === 'digest' ? sha256 : null,
    sent,
    capabilities: DIRECTORY_CAPABILITIES,
    ...(level === 'digest' && { digestBy: 'read-back' }),
  });
  try {
    if (await exists(final)) {
      // Beside a final name a part may be its second name (a move that was cut in the middle): it is never written into.
      await removeIfThere(part);
      if (await holds(final, upload, step)) return receipt(false, 'digest');
      if (!replace) throw conflict(upload);
    }
    await makeFolder(dirname(final));
    const wrong = await writePart(part, upload, file, step);
    if (wrong) {
      await removeIfThere(part);
      throw wrong;
    }
    if (!(await giveName(part, final, replace))) {
      const same = await holds(final, upload, step);
      await removeIfThere(part);
      if (!same) throw conflict(upload);
      return receipt(false, 'digest');
    }
    const there = await stat(bytesOf(final));
    if (there.size !== size)
      throw new VigieError('corrupted', `verify "${printable(upload.path)}": ${there.size} bytes`);
    return receipt(true, proof);
  } catch (error) {
    throw explain(error, upload.path);
  }
}

async function writePart(part: string, upload: Upload, file: FileHandle, step: Step['step']) {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  await using target = await open(bytesOf(part), flags);
  const earlier = await target.stat();
  if (!earlier.isFile()) throw conflict({ ...upload, path: `${upload.path}.part` });
  let hash = createHash('sha256');
  let position = 0;
  if (earlier.size > 0 && earlier.size <= upload.size)
    position = await commonStart(target, file, earlier.size, hash, step);
  if (position < earlier.size) {
    await target.truncate(0);
    hash = createHash('sha256');
    position = 0;
  }
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  while (position < upload.size) {
    const { bytesRead } = await file.read(block, 0, Math.min(BLOCK_BYTES, upload.size - position), position);
    if (bytesRead === 0) break;
    hash.update(block.subarray(0, bytesRead));
    if (upload.pace) await paced(upload.pace, bytesRead, step);
    await writeFully(target, block.subarray(0, bytesRead), position);
    position += bytesRead;
    upload.onBytes?.(bytesRead);
    step(bytesRead);
  }
  const { size } = await file.stat();
  const digest = hash.digest('hex');
  if (size !== upload.size || digest !== upload.sha256) {
    return sourceChanged(
      upload.localPath,
      size === upload.size ? `its bytes have the digest ${digest}` : `it has ${size} bytes`,
    );
  }
  await target.utimes(upload.modifiedAt / 1000, upload.modifiedAt / 1000);
  await target.sync();
  if (upload.proof === 'digest' && (await digestOf(target, step)) !== upload.sha256) {
    const message = `store "${printable(upload.path)}": the destination gives back other bytes than were written`;
    return new VigieError('corrupted', message, { retryable: true, hint: 'The disk or the memory may be failing.' });
  }
  return undefined;
}

/** In small portions, since each is a sign of life. */
async function paced({ up }: Pace, bytes: number, step: Step['step']): Promise<void> {
  for (let left = bytes; left > 0; left -= PACED_BYTES) {
    await up(Math.min(left, PACED_BYTES));
    step(0);
  }
}

/** Gives the final name; false where it has been taken meanwhile. */
async function giveName(part: string, final: string, replace: boolean): Promise<boolean> {
  if (!replace) {
    try {
      await moveNew(part, final);
      return true;
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      // File systems of memory cards know no second names; there is nothing better than to look first.
      if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
      if (await exists(final)) return false;
    }
  }
  await rename(bytesOf(part), bytesOf(final));
  await syncFolder(dirname(final));
  return true;
}

/** Does the final name hold the right bytes? They are flushed, since an earlier attempt may have been cut before that. */
async function holds(final: string, upload: Upload, step: Step['step']): Promise<boolean> {
  let found: FileHandle;
  try {
    found = await open(bytesOf(final), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ELOOP', 'ENXIO')) throw conflict(upload, error);
    throw error;
  }
  try {
    const there = await found.stat();
    if (!there.isFile()) throw conflict(upload);
    if (there.size !== upload.size || (await digestOf(found, step)) !== upload.sha256) return false;
    await found.sync();
  } finally {
    await found.close();
  }
  await syncFolder(dirname(final));
  return true;
}

/** SHA-256 of an open file; `step` is told of every block. */
export async function digestOf(file: FileHandle, step: Step['step']): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(block.subarray(0, bytesRead));
    position += bytesRead;
    step(bytesRead);
  }
}

/** `size` where the first bytes of both are the same, which are added to the hash; otherwise -1. */
async function commonStart(left: FileHandle, right: FileHandle, size: number, hash: Hash, step: Step['step']) {
  const a = Buffer.allocUnsafe(BLOCK_BYTES);
  const b = Buffer.allocUnsafe(BLOCK_BYTES);
  let position = 0;
  while (position < size) {
    const length = Math.min(BLOCK_BYTES, size - position);
    const [one, other] = await Promise.all([left.read(a, 0, length, position), right.read(b, 0, length, position)]);
    const count = Math.min(one.bytesRead, other.bytesRead);
    if (count === 0 || !a.subarray(0, count).equals(b.subarray(0, count))) return -1;
    hash.update(a.subarray(0, count));
    position += count;
    step(count);
  }
  return position;
}

async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

function conflict({ path }: Upload, cause?: unknown): VigieError {
  const message = `store "${printable(path)}": the destination has something else under this name`;
  return new VigieError('conflict', message, {
    cause,
    hint: 'A re-sync that replaces puts the right bytes in its place; nothing was overwritten.',
  });
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof VigieError || codeOf(error) === 'internal') return error;
  const message = `store "${printable(path)}": ${messageOf(error)}`;
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new VigieError('destination-full', message, {
        cause: error,
        retryable: true,
        hint: 'Make room there; deliveries go on by themselves.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new VigieError('permission', message, {
        cause: error,
        hint: 'The program needs the right to write there.',
      });
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return new VigieError('path', `${message}; the file system does not take this name`, { cause: error });
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
      return new VigieError('conflict', message, { cause: error });
    default:
      return new VigieError('server-failure', message, { cause: error, retryable: true });
  }
}
