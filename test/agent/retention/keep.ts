import { createHash } from 'node:crypto';
import { link, lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Assets } from '@vigie/agent/store/assets';

let number = 0;

/**
 * Files a picture as the watched folder does: in result, with a second name in preserve, and in the ledger. With `original` it was made of
 * that text, which lies in preserve.
 */
export async function keep(options: {
  assets: Assets;
  root: string;
  path: string;
  at: number;
  bytes?: Buffer;
  original?: string;
}): Promise<void> {
  const { assets, root, path, at, original } = options;
  number += 1;
  const bytes = options.bytes ?? Buffer.from(`picture ${number} ${path}`);
  const [result, preserved] = [join(root, 'result', path), join(root, 'preserve', path)];
  await mkdir(dirname(result), { recursive: true });
  await mkdir(dirname(preserved), { recursive: true });
  await writeFile(result, bytes);
  if (original === undefined) await link(result, preserved);
  else await writeFile(preserved, original);
  const jobId = `keep-${number}`;
  const { mtimeMs } = await lstat(result);
  assets.books.intend(jobId, [
    {
      tree: 'result',
      path,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      kind: 'jpg',
      capturedAt: at,
      modifiedAt: Math.trunc(mtimeMs),
      unreadable: undefined,
      preview: null,
    },
  ]);
  assets.books.filed(jobId);
  assets.books.closed(jobId);
}
