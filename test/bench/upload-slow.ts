import { join } from 'node:path';
import type { BenchRow } from '../../scripts/bench/row.ts';
import type { Sshd } from '../../scripts/sshd.ts';
import { startSlowLink } from './slow-link.ts';
import { compare, layPictures, rclone, serverOf, startUploader } from './upload-sides.ts';

const BYTES_PER_SECOND = 2_500_000;
const ROUND_TRIP_MS = 100;
const LARGE = { count: 20, size: 4_500_000 };
const SMALL = { count: 200, size: 50_000 };
const LINK = `${(BYTES_PER_SECOND * 8) / 1_000_000} Mbit/s and ${ROUND_TRIP_MS} ms`;

/** Through a link that is slow and long. One run each: it is the link that counts, and it is the same for all. */
export async function slowLinkRows(folder: string, sshd: Sshd): Promise<BenchRow[]> {
  await using link = await startSlowLink({
    target: sshd,
    bytesPerSecond: BYTES_PER_SECOND,
    roundTripMs: ROUND_TRIP_MS,
  });
  const server = serverOf(sshd, link.port);
  const flags = ['--transfers', '4'];
  const rates = async (name: string, { count, size }: typeof LARGE) => {
    using uploader = startUploader();
    const pictures = layPictures(join(folder, name), count, size);
    const { ours, theirs } = await compare(
      {
        ours: async (into) => (await uploader.upload({ server, pictures: pictures.list, into, proof: 'size' })).seconds,
        theirs: (into) => rclone(server, pictures.folder, into, { flags, more: ',shell_type=none' }),
      },
      { pictures, folder, runs: 1 },
    );
    return { ours: count / (ours as number), theirs: count / (theirs as number) };
  };
  const large = await rates('slow-large', LARGE);
  const small = await rates('slow-small', SMALL);
  const [ours, theirs] = [large.ours, large.theirs].map((rate) => (rate * LARGE.size) / 1_000_000) as [number, number];
  const linkRate = BYTES_PER_SECOND / 1_000_000;
  const whatLarge = `delivery of ${LARGE.count} × 4.5 MB over ${LINK} round trip`;
  return [
    {
      what: whatLarge,
      unit: 'MB/s',
      ours,
      peer: { name: 'the link itself', value: linkRate },
      goal: 'at least 0.95 ×',
      met: ours >= 0.95 * linkRate,
    },
    {
      what: whatLarge,
      unit: 'MB/s',
      ours,
      peer: { name: 'rclone copy --transfers 4, unverified', value: theirs },
      goal: 'at least 1 ×',
      met: ours >= theirs,
    },
    {
      what: `delivery of ${SMALL.count} × 50 KB over ${LINK} round trip`,
      unit: 'files/s',
      ours: small.ours,
      peer: { name: 'rclone copy --transfers 4, unverified', value: small.theirs },
      goal: 'at least 2 ×',
      met: small.ours >= 2 * small.theirs,
    },
  ];
}
