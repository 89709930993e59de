import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { type Server, startUploader } from './upload-sides.ts';

const SMALL_BYTES = 100_000_000;
const LARGE_BYTES = 10_000_000_000;
const MORE_MIB_MAX = 30;
const BLOCK = Buffer.alloc(1_000_000);

/** The most memory of the delivering process for a very large file, beside that for one that is not. */
export async function memoryRow(folder: string, server: Server, largeBytes = LARGE_BYTES): Promise<BenchRow> {
  const small = await residentMiB(folder, server, SMALL_BYTES);
  const large = await residentMiB(folder, server, largeBytes);
  return {
    what: `most memory while one file of ${largeBytes / 1e9} GB is delivered`,
    unit: 'MiB',
    ours: large,
    peer: { name: 'the same with 0.1 GB', value: small },
    goal: `at most ${MORE_MIB_MAX} MiB more`,
    met: large <= small + MORE_MIB_MAX,
  };
}

/** @param size whole megabytes */
async function residentMiB(folder: string, server: Server, size: number): Promise<number> {
  // The most is told for a whole process, so that each size has one of its own.
  using uploader = startUploader();
  const [localPath, into] = [join(folder, 'zeros.jpg'), join(folder, 'destination')];
  writeFileSync(localPath, '');
  truncateSync(localPath, size);
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += BLOCK.length) hash.update(BLOCK);
  const pictures = [{ localPath, name: 'zeros.jpg', size, sha256: hash.digest('hex') }];
  mkdirSync(into);
  const { residentBytesMax } = await uploader.upload({ server, pictures, into, proof: 'size' });
  rmSync(into, { recursive: true });
  rmSync(localPath);
  return residentBytesMax / 2 ** 20;
}
