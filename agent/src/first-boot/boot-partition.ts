import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeIfThere, replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError } from '@vigie/shared/kit/errors';

const BYTES_MAX = 1024 * 1024;

/** What a person reads and writes with any computer: `vigie.yaml` on the FAT partition, and `vigie-error.txt` beside it. */
export type BootPartition = {
  /** The file's bytes, of the first MiB; undefined where there is none. */
  read(): Promise<Uint8Array | undefined>;
  /** Writes over the file's bytes in their places, so that no copy of the old ones is left in the file system. As many bytes as before. */
  overwrite(bytes: Uint8Array): Promise<void>;
  tellError(text: string): Promise<void>;
  clearError(): Promise<void>;
};

export function openBootPartition(folder: string): BootPartition {
  const file = join(folder, 'vigie.yaml');
  const error = join(folder, 'vigie-error.txt');
  return {
    async read() {
      try {
        return (await readFile(file)).subarray(0, BYTES_MAX);
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    async overwrite(bytes) {
      const handle = await open(file, 'r+');
      try {
        await handle.write(bytes, 0, bytes.length, 0);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    // Notepad and its like show a line only where both characters end it.
    tellError: (text) => replaceFile(error, Buffer.from(text.replaceAll('\n', '\r\n'))),
    clearError: () => removeIfThere(error),
  };
}
