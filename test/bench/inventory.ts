import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAssets } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { MARKER } from '@vigie/agent/watched-folder/trees';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openLink } from '@vigie/shared/link/mqtt';
import { parseMessage } from '@vigie/shared/link/payload';
import { HUB_STATUS, topicOf } from '@vigie/shared/protocol/topics';
import { stringify } from 'yaml';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startProgram } from '../../scripts/start/program.ts';
import { fillLedger, pictureEntry } from '../support/large-inventory.ts';

const ASSETS = 1_000_000;
const FEW = 10_000;
const START_LIMIT_S = 10;
const RESIDENT_LIMIT_MB = 250;
/** The full scan of a million files, beside everything else. */
const SCAN_LIMIT_S = 600;
const FILINGS = 301;
/** A file system allows so many names of one file. */
const LINKS_MAX = 30_000;
/** What events have missed: names that were taken away, and files that nobody has told of. */
const VANISHED = 3;
const UNTOLD = 2;

const ADDRESS = { site: 'main', device: 'cam-1' };
const SOURCE = 'garden';

/** An agent with a million assets and their files: its start, its memory, and what one more asset costs it. */
export async function benchInventory(): Promise<BenchRow[]> {
  await using parts = new AsyncDisposableStack();
  const root = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
  parts.defer(() => rmSync(root, { recursive: true, force: true }));
  const few = join(root, 'few');
  const many = join(root, 'agent');
  fill(few, FEW);
  fill(many, ASSETS);
  const costs = { few: filingMs(few), many: filingMs(many) };
  const watched = join(many, 'sources', SOURCE);
  layFiles(watched);

  const accounts = openAccounts(join(root, 'accounts'));
  await accounts.add({ name: ADDRESS.device, role: 'device' }, 'password of the device');
  writeFileSync(join(root, 'password'), 'password of the device\n', { mode: 0o600 });
  const hubPassword = 'password of the hub';
  const broker = parts.use(await startBroker({ host: '127.0.0.1', port: 0, accounts, hubPassword, log: silentLog }));
  let digestAt: number | undefined;
  const link = parts.use(
    openLink({
      ...{ url: broker.url, clientId: 'hub', user: 'hub', password: hubPassword, protocol: 'auto' },
      subscriptions: [topicOf(ADDRESS, 'inventory/digest', SOURCE)],
      async receive(_, payload) {
        const { storage, seq } = parseMessage('inventory/digest', payload);
        if (storage === 'present' && seq >= ASSETS) digestAt ??= performance.now();
      },
      ...{ clock: systemClock, random: () => 0.5, log: silentLog },
    }),
  );
  const connected = () => link.connected;
  await waitFor('the link to the broker', connected, 10);
  await link.publish(HUB_STATUS, JSON.stringify({ state: 'online', session: 1 }), { retain: true });

  const config = join(root, 'agent.yaml');
  writeFileSync(
    config,
    stringify({
      ...{ ...ADDRESS, zone: 'UTC', dataFolder: many, log: 'info' },
      hub: { url: broker.url, user: ADDRESS.device, passwordFile: join(root, 'password') },
      sources: [{ name: SOURCE, camera: { type: 'test-picture' } }],
    }),
  );
  const launcher = join(dirname(dirname(import.meta.dirname)), 'agent', 'bin', 'vigie-agent');
  const began = performance.now();
  const agent = startProgram('agent', [launcher, 'run', '--config', config], join(root, 'agent.log'));
  parts.defer(() => agent.stop(15_000));
  let residentMb = 0;
  const look = () => {
    residentMb = Math.max(residentMb, peakMb(agent.pid as number));
    return digestAt !== undefined;
  };
  await waitFor('the first digest', look, 60, agent);
  const startS = ((digestAt as unknown as number) - began) / 1000;
  const scanned = () => {
    look();
    return agent.tail().some((line) => line.includes('held against'));
  };
  await waitFor('the end of the full scan', scanned, SCAN_LIMIT_S, agent);
  const scanS = (performance.now() - began) / 1000;
  const said = JSON.stringify(agent.tail());
  const isFound = said.includes(`gone\\":${VANISHED}`) && said.includes(`adopted\\":${UNTOLD}`);

  const size = ASSETS.toLocaleString('en-US');
  const ratio = costs.many / costs.few;
  return [
    {
      what: `agent with ${size} assets, from its start to its first inventory digest`,
      ...{ unit: 's', ours: startS, peer: null, goal: `under ${START_LIMIT_S} s`, met: startS < START_LIMIT_S },
    },
    {
      what: 'the same, most resident memory with the full scan of its files',
      ...{ unit: 'MB', ours: residentMb, peer: null },
      ...{ goal: `at most ${RESIDENT_LIMIT_MB} MB`, met: residentMb <= RESIDENT_LIMIT_MB },
    },
    {
      what: `the same, its full scan, which finds ${VANISHED} files gone and ${UNTOLD} new ones`,
      ...{ unit: 's', ours: scanS, peer: null, goal: 'it says what it found', met: isFound },
    },
    {
      what: `one more asset in the ledger, with ${size} assets against with ${FEW.toLocaleString('en-US')}`,
      ...{ unit: 'ms', ours: costs.many, peer: { name: `with ${FEW.toLocaleString('en-US')}`, value: costs.few } },
      ...{ goal: 'at most 1.5 × as long', met: ratio <= 1.5 },
    },
  ];
}

function fill(folder: string, count: number): void {
  using ledger = openLedger(folder);
  fillLedger(
    ledger.sqlite,
    SOURCE,
    Array.from({ length: count }, (_, n) => pictureEntry(n)),
  );
}

/** Milliseconds that one more asset takes, from its intention to its filing: the median of many, taken out again. */
function filingMs(folder: string): number {
  using ledger = openLedger(folder);
  const outbox = createOutbox(ledger, systemClock, () => undefined);
  const deliveries = createDeliveries({ ledger, outbox, clock: systemClock, destinationsOf: () => [] });
  const assets = createAssets({
    ...{ ledger, source: SOURCE, outbox, deliveries, clock: systemClock, filed: () => undefined },
  });
  const times = Array.from({ length: FILINGS }, (_, n) => {
    const { path, size, sha256 } = pictureEntry(2 * ASSETS + n);
    const modifiedAt = systemClock.now();
    const figures = { size, sha256: sha256 as string, capturedAt: modifiedAt, modifiedAt };
    const began = performance.now();
    assets.books.intend(path, [
      { tree: 'result', path, ...figures, kind: 'jpg', unreadable: undefined, preview: null },
    ]);
    assets.books.filed(path);
    assets.books.closed(path);
    return performance.now() - began;
  });
  for (let n = 0; n < FILINGS; n++) {
    const row = assets.find(pictureEntry(2 * ASSETS + n).path);
    if (row) assets.remove(row, 'it was made to measure');
  }
  return times.sort((a, b) => a - b)[Math.floor(FILINGS / 2)] as number;
}

/** The files of the ledger, but for a few, and a few others: names of some small files. */
function layFiles(watched: string): void {
  mkdirSync(join(watched, 'result'), { recursive: true });
  writeFileSync(join(watched, MARKER), 'a watched folder\n');
  let file = '';
  let day = '';
  for (let n = VANISHED; n < ASSETS; n++) {
    const { path } = pictureEntry(n);
    if (n % LINKS_MAX === VANISHED) {
      file = join(watched, `bytes-${n}`);
      writeFileSync(file, String(n));
    }
    if (dirname(path) !== day) {
      day = dirname(path);
      mkdirSync(join(watched, 'result', day));
    }
    linkSync(file, join(watched, 'result', path));
  }
  for (let n = 0; n < UNTOLD; n++) writeFileSync(join(watched, 'result', day, `untold-${n}.jpg`), `${n}`);
}

/** The most memory that a process has had. Source: proc_pid_status(5), `VmHWM`. */
function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0;
  return (Number(kilobytes) * 1024) / 1e6;
}

async function waitFor(
  what: string,
  holds: () => boolean,
  limitS: number,
  agent?: ReturnType<typeof startProgram>,
): Promise<void> {
  const end = performance.now() + limitS * 1000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`wait for ${what}: none within ${limitS} s: ${agent?.tail()}`);
    const ended = await Promise.race([sleep(50), ...(agent ? [agent.ended] : [])]);
    if (typeof ended === 'string') throw new Error(`the agent ended with ${ended}: ${agent?.tail()}`);
  }
}
