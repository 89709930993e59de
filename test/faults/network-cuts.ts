import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@vigie/shared/kit/clock';
import { openRemote } from '@vigie/shared/remote/open';
import { onTestFinished } from 'vitest';
import { startSshd } from '../../scripts/sshd.ts';
import { deliverFrom } from '../support/deliver.ts';
import { testLedger } from '../support/ledger.ts';
import { sftpDestination } from '../support/remote.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { tempFolder, until } from '../support/temp.ts';

const STALL_MS = 300;
const SIZES = [20_000, 200_000, 700_000];
const OWED_MIN = 4;

/** How the network to the destination fails; each says when it has. */
export const CUTS = ['reset in the middle', 'reset of all', 'silent drop', 'half-open'] as const;
export type Cut = (typeof CUTS)[number];

/**
 * Cuts the network to an OpenSSH server at random bytes while files are delivered, then lets it be. Returns what was wrong at the
 * destination, at any time or in the end, which has to be nothing.
 *
 * @param random numbers in [0, 1)
 */
export async function cutNetwork(cuts: number, random: () => number): Promise<{ wrong: string[]; delivered: number }> {
  const sshd = await startSshd({ folder: await tempFolder() });
  onTestFinished(() => sshd.stop());
  await using network = await startTcpProxy({ target: sshd });
  const [held, root] = [await tempFolder(), await tempFolder()];
  const site = await testLedger(undefined, systemClock);
  const deliverer = deliverFrom(held, {
    remote: openRemote(sftpDestination(sshd, root, { port: network.port }), '', { stallMs: STALL_MS }),
    deliveries: site.deliveries,
    backoff: { baseMs: 10, capMs: 50 },
    clock: systemClock,
    random,
  });

  const known = new Map<string, string>();
  await mkdir(join(held, 'd'));
  async function take(): Promise<void> {
    const path = `d/${known.size}.jpg`;
    const bytes = randomBytes(SIZES[known.size % SIZES.length] as number);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(held, path), bytes);
    known.set(path, sha256);
    site.file(path, { size: bytes.length, sha256 });
  }
  const backlog = () => site.deliveries.backlog('garden', 'archive').count;
  async function oweEnough(): Promise<void> {
    while (backlog() < OWED_MIN) await take();
    deliverer.wake();
  }

  // Whatever has its final name is complete, at every instant.
  const wrong = new Set<string>();
  const watching = new AbortController();
  const seen = new Set<string>();
  async function look(): Promise<void> {
    for (const name of await readdir(join(root, 'd')).catch(() => [])) {
      if (name.endsWith('.part') || seen.has(name)) continue;
      seen.add(name);
      const sha256 = createHash('sha256')
        .update(await readFile(join(root, 'd', name)))
        .digest('hex');
      if (known.get(`d/${name}`) !== sha256) wrong.add(`d/${name} has other bytes under its final name`);
    }
  }
  const watcher = (async () => {
    while (!watching.signal.aborted) {
      await look();
      await sleep(10);
    }
  })();

  const stop = new AbortController();
  await oweEnough();
  const running = deliverer.run(stop.signal);
  for (let n = 0; n < cuts; n++) {
    await oweEnough();
    await until('bytes go', () => network.connections > 0);
    const from = network.upBytes;
    const { accepted } = network;
    const bytes = 1 + Math.floor(random() * 300_000);
    const cut = CUTS[n % CUTS.length];
    if (cut === 'reset in the middle') network.limitBytes(bytes);
    else {
      await until('so many bytes have gone', async () => {
        if (backlog() < 2) await oweEnough();
        return network.upBytes >= from + bytes;
      });
      if (cut === 'reset of all') network.cut();
      else {
        network.blackhole(true);
        if (cut === 'half-open') network.loseServer();
      }
    }
    await until('the agent has connected anew', async () => {
      if (backlog() < 2) await oweEnough();
      return network.accepted > accepted;
    });
    network.blackhole(false);
  }
  network.limitBytes(undefined);

  await until('everything has arrived', () => backlog() === 0, 60_000);
  stop.abort();
  await running;
  watching.abort();
  await watcher;
  const there = await readdir(join(root, 'd'));
  for (const [path, sha256] of known) {
    const bytes = await readFile(join(root, path)).catch(() => Buffer.alloc(0));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) wrong.add(`${path} is lost or torn`);
  }
  for (const name of there) if (!known.has(`d/${name}`)) wrong.add(`d/${name} is there besides`);
  return { wrong: [...wrong], delivered: known.size };
}
