/**
 * Delivers pictures as the agent does, for every order that its parent sends: they are filed in a ledger first (`ready`), and from `go`
 * on the deliverer takes them from there until the last receipt is in the ledger.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import { createAssets } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { systemClock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { openSftp } from '@vigie/shared/remote/sftp';

export type UploadOrder = {
  server: { host: string; port: number; user: string; identityFile: string; knownHosts: string };
  pictures: { localPath: string; name: string; size: number; sha256: string }[];
  /** An absolute folder at the destination, which is there. */
  into: string;
  proof: 'size' | 'digest';
};
/** `done` has the most memory that this process ever had resident, in bytes. */
export type UploadAnswer = { is: 'ready' } | { is: 'done'; residentBytesMax: number } | { is: 'failed'; why: string };

const CONNECTIONS = 2;
const clock = systemClock;

async function upload({ server, pictures, into, proof }: UploadOrder, gone: Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-ledger-'));
  using ledger = openLedger(folder);
  try {
    const outbox = createOutbox(ledger, clock, () => undefined);
    const deliveries = createDeliveries({ ledger, outbox, clock, destinationsOf: () => ['bench'] });
    const assets = createAssets({ ledger, source: 'bench', outbox, deliveries, clock, filed: () => undefined });
    const now = clock.now();
    assets.books.intend(
      'job',
      pictures.map(({ name, size, sha256 }, n) => ({
        ...{ tree: 'result' as const, path: `20260101/${name}`, size, sha256, kind: 'jpg' as const },
        ...{ capturedAt: now - n, modifiedAt: now, unreadable: undefined, preview: null },
      })),
    );
    assets.books.filed('job');
    assets.books.closed('job');
    const locations = new Map(pictures.map(({ name, localPath }) => [`20260101/${name}`, localPath]));
    tell({ is: 'ready' });
    await gone;

    const stop = new AbortController();
    const deliverer = createDeliverer({
      destination: 'bench',
      remote: openSftp(
        {
          ...{ name: 'bench', type: 'sftp', ...server, root: into, folder: '.' },
          ...{ connections: CONNECTIONS, serverDigest: 'auto' },
        },
        '.',
        { stallMs: 30_000 },
      ),
      deliveries,
      locate: ({ path }) => locations.get(path) as string,
      address: ({ path }) => path,
      lost: () => false,
      changed() {
        const error = deliverer.condition().error;
        if (error) throw new Error(error.message);
        if (deliverer.condition().state === 'idle' && deliveries.backlog('bench', 'bench').count === 0) stop.abort();
      },
      workers: CONNECTIONS,
      proof,
      backoff: { baseMs: 1_000, capMs: 1_000 },
      clock,
      random: Math.random,
      log: silentLog,
    });
    await deliverer.run(stop.signal);
    const { count } = deliveries.verifiedAmount('bench', 'bench');
    if (count !== pictures.length) throw new Error(`deliver ${pictures.length} pictures: ${count} are verified`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tell(answer: UploadAnswer): void {
  process.send?.(answer);
}

let go = Promise.withResolvers<void>();
process.on('message', (message: UploadOrder | 'go') => {
  if (message === 'go') {
    go.resolve();
    go = Promise.withResolvers();
    return;
  }
  upload(message, go.promise).then(
    () => tell({ is: 'done', residentBytesMax: process.resourceUsage().maxRSS * 1024 }),
    (error: unknown) => tell({ is: 'failed', why: messageOf(error) }),
  );
});
