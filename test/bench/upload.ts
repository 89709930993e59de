import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startSshd } from '../../scripts/sshd.ts';
import { memoryRow } from './upload-memory.ts';
import { compare, layPictures, rclone, serverOf, sftp, startUploader } from './upload-sides.ts';
import { slowLinkRows } from './upload-slow.ts';

const MB = 1_000_000;
const LARGE = { count: 100, size: 4.5 * MB, runs: 5 };
const SMALL = { count: 2000, size: 50_000, runs: 3 };

/** Pictures over SFTP: large and small ones on loopback, both over a slow link, and the memory that a very large file takes. */
export async function benchUpload(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-upload-'));
  try {
    // An ordinary server, with a shell: there rclone does what it does by itself, and verifies.
    await using sshd = await startSshd({ folder: join(folder, 'sshd'), shell: true });
    return [
      ...(await largeRows(folder, serverOf(sshd))),
      ...(await smallRows(folder, serverOf(sshd))),
      ...(await slowLinkRows(folder, sshd)),
      await memoryRow(folder, serverOf(sshd)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Ours is the deliverer with its ledger, in a process with the settings of the agent's launcher: each file is flushed twice, hashed on its way,
 * verified, and its receipt flushed. `sftp -b` flushes with `put -f` alone and verifies nothing; `rclone copy` never flushes, and verifies by
 * a command on the server, where it may run one. Each way runs in turn, and the median counts.
 */
async function largeRows(folder: string, server: ReturnType<typeof serverOf>): Promise<BenchRow[]> {
  using uploader = startUploader();
  const pictures = layPictures(join(folder, 'large'), LARGE.count, LARGE.size);
  const from = pictures.folder;
  const ours = (proof: 'size' | 'digest') => async (into: string) =>
    (await uploader.upload({ server, pictures: pictures.list, into, proof })).seconds;
  const seconds = await compare(
    {
      'by size': ours('size'),
      'by digest': ours('digest'),
      'sftp -b, put -f': (into) => sftp(server, 'put -f', from, into),
      'sftp -b, put': (into) => sftp(server, 'put', from, into),
      'rclone copy': (into) => rclone(server, from, into),
      'rclone copy, unverified': (into) => rclone(server, from, into, { more: ',shell_type=none' }),
    },
    { pictures, folder, runs: LARGE.runs },
  );
  const rate = (name: string) => (LARGE.count * LARGE.size) / MB / (seconds[name] as number);
  const row = (proof: string, peer: string, ratio: number | undefined): BenchRow => ({
    what: `delivery of ${LARGE.count} × 4.5 MB over loopback SFTP, flushed and verified ${proof}`,
    unit: 'MB/s',
    ours: rate(proof),
    peer: { name: peer, value: rate(peer) },
    goal: ratio === undefined ? 'none: it neither flushes nor verifies' : `at least ${ratio} ×`,
    met: rate(proof) >= (ratio ?? 0) * rate(peer),
  });
  return [
    row('by digest', 'sftp -b, put -f', 0.9),
    row('by digest', 'sftp -b, put', 0.9),
    row('by digest', 'rclone copy', 3),
    row('by digest', 'rclone copy, unverified', undefined),
    row('by size', 'sftp -b, put', 0.9),
  ];
}

async function smallRows(folder: string, server: ReturnType<typeof serverOf>): Promise<BenchRow[]> {
  using uploader = startUploader();
  const pictures = layPictures(join(folder, 'small'), SMALL.count, SMALL.size);
  const from = pictures.folder;
  const seconds = await compare(
    {
      ours: async (into) => (await uploader.upload({ server, pictures: pictures.list, into, proof: 'size' })).seconds,
      'sftp -b, put': (into) => sftp(server, 'put', from, into),
      // Without its digests by a shell a file, which would make it many times slower yet.
      'rclone copy --transfers 4, unverified': (into) =>
        rclone(server, from, into, { flags: ['--transfers', '4'], more: ',shell_type=none' }),
    },
    { pictures, folder, runs: SMALL.runs },
  );
  const rate = (name: string) => SMALL.count / (seconds[name] as number);
  const row = (peer: string): BenchRow => ({
    what: `delivery of ${SMALL.count} × 50 KB over loopback SFTP, flushed and verified by size`,
    unit: 'files/s',
    ours: rate('ours'),
    peer: { name: peer, value: rate(peer) },
    goal: 'at least 2 ×',
    met: rate('ours') >= 2 * rate(peer),
  });
  return [row('sftp -b, put'), row('rclone copy --transfers 4, unverified')];
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await benchUpload(), null, 2)}\n`);
