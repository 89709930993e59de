import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { bytesOf } from '@vigie/shared/kit/names';
import { kindOf } from '@vigie/shared/protocol/asset';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Content that begins so is taken for a torn picture. */
export const TORN = 'torn';

/** With `change`, what the result of a file's bytes is; else the file itself is its result. */
export function createOperation(change?: (bytes: Buffer) => Buffer): Operation {
  return async ({ file, name, workFolder, capturedAt }) => {
    const bytes = await readFile(bytesOf(file));
    const original = { size: bytes.length, sha256: sha256(bytes), kind: kindOf(name) };
    const sound =
      bytes.subarray(0, 4).toString() === TORN
        ? { ok: false as const, reason: 'half a\npicture' }
        : { ok: true as const };
    let result = { file, name, size: original.size, sha256: original.sha256 };
    if (change) {
      const made = change(bytes);
      result = { file: join(workFolder, 'made'), name, size: made.length, sha256: sha256(made) };
      await writeFile(result.file, made);
    }
    return { sound, original, results: [result], capturedAt, preview: null };
  };
}
