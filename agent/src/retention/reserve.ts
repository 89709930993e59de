import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { removeIfThere } from '@vigie/shared/kit/durable';
import { codeOf, isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';

/** A file that takes up room until the disk is full: given up, it is the room in which the ledger can note what is removed. */
export type Reserve = {
  /** Makes it, or what is missing of it; a disk that has no room for it is no error. */
  make(bytes: number): Promise<void>;
  /** Gives the room free; true when there was something to give. */
  release(): Promise<boolean>;
};

export function createReserve(path: string): Reserve {
  return {
    async make(bytes) {
      if ((await sizeOf(path)) === bytes) return;
      await removeIfThere(path);
      // Bytes that do not compress: a file system that packs zeros would reserve nothing.
      const block = randomBytes(64 * 1024);
      try {
        const file = await open(bytesOf(path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
        try {
          for (let at = 0; at < bytes; at += block.length) {
            block.writeUInt32LE(at % 0xffffffff, 0);
            await file.write(block, 0, Math.min(block.length, bytes - at));
          }
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (error) {
        await removeIfThere(path);
        if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
      }
    },
    async release() {
      const there = (await sizeOf(path)) > 0;
      await removeIfThere(path);
      return there;
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(bytesOf(path))).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return -1;
    throw error;
  }
}

/** The reserve's name, beside the ledger. */
export const RESERVE = 'reserve';

/** Opens a ledger; on a disk without room for that, the reserve is given up first. */
export async function openWithReserve<T>(open: () => T, reserve: Pick<Reserve, 'release'>): Promise<T> {
  try {
    return open();
  } catch (error) {
    if (!isFull(error)) throw error;
    await reserve.release();
  }
  try {
    return open();
  } catch (error) {
    if (!isFull(error)) throw error;
    throw new VigieError('disk-full', 'open the ledger: its disk has no room, and a few megabytes must be free', {
      cause: error,
      retryable: true,
      hint: 'Free some room on the disk of "dataFolder" and start again; do not remove pictures that are not delivered.',
    });
  }
}

/** Of a write, or of SQLite, which also says so when it cannot grow its shared memory. */
function isFull(error: unknown): boolean {
  const codes = [codeOf(error), codeOf(error instanceof Error ? error.cause : undefined)];
  return codes.some((code) => /^(ENOSPC|EDQUOT|SQLITE_FULL|SQLITE_IOERR.*|SQLITE_CANTOPEN.*)$/.test(code));
}
