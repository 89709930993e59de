import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHubSession } from '@vigie/agent/hub-link/session';
import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { createAssets } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { createReconciler } from '@vigie/hub/inventory/reconciler';
import { createInventories } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openLink } from '@vigie/shared/link/mqtt';
import { encodeMessage, parseMessage } from '@vigie/shared/link/payload';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import type { DeviceState } from '@vigie/shared/protocol/messages';
import { HUB_STATUS, parseTopic, topicOf, upwardFilters } from '@vigie/shared/protocol/topics';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fillHub, fillLedger, pictureEntry } from '../support/large-inventory.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { randomOf } from '../support/random.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { tempFolder, until } from '../support/temp.ts';

const FILES = 200_000;
const MISSING = 37;
const DIFFERING = 5;
const EXTRA = 3;
const WIRE_BYTES_MAX = 64 * 1024;
const NAME = { site: 'main', device: 'cam-1', source: 'garden' };
const PASSWORDS = { hub: 'password of the hub', [NAME.device]: 'password of the device' };

/** A ledger with 200,000 assets, and a hub's database that is a copy of it but for 45 of them. */
let base = '';

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  const random = randomOf(20261124);
  const held = Array.from({ length: FILES }, (_, n) => pictureEntry(n));
  const chosen = new Set<number>();
  while (chosen.size < MISSING + DIFFERING) chosen.add(Math.floor(random() * FILES));
  const picked = [...chosen];
  const [missing, differing] = [new Set(picked.slice(0, MISSING)), new Set(picked.slice(MISSING))];
  const known = held.flatMap((e, n) => {
    if (missing.has(n)) return [];
    return differing.has(n) ? { ...e, sha256: 'f'.repeat(64) } : e;
  });
  for (let n = 0; n < EXTRA; n++) {
    const day = bucketOf(held[Math.floor(random() * FILES)]?.path ?? '');
    known.push({ ...pictureEntry(n), path: `${day}/extra-${n}.jpg` });
  }

  using ledger = openLedger(join(base, 'agent'));
  fillLedger(ledger.sqlite, NAME.source, held);
  using store = openStore(join(base, 'hub'));
  fillHub(store.sqlite, { ...NAME, generation: ledger.generation, seq: FILES - 1 }, known);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function mosquitto(): Promise<number> {
  const broker = await startMosquitto({ folder: await tempFolder(), users: PASSWORDS });
  onTestFinished(() => broker.stop());
  return broker.port;
}

async function embedded(): Promise<number> {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  await accounts.add({ name: NAME.device, role: 'device' }, PASSWORDS[NAME.device] as string);
  const broker = await startBroker({
    ...{ host: '127.0.0.1', port: 0, accounts, hubPassword: PASSWORDS.hub, log: silentLog },
  });
  onTestFinished(() => broker.close());
  return broker.port;
}

/** The broker through a network that counts every byte in both directions. */
async function counted(port: number) {
  const proxy = await startTcpProxy({ target: { host: '127.0.0.1', port } });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  let bytes = 0;
  proxy.tamper((data) => {
    bytes += data.length;
    return data;
  });
  return { url: `mqtt://127.0.0.1:${proxy.port}`, bytes: () => bytes };
}

const common = { clock: systemClock, random: () => 0.5, log: silentLog };

async function openHub(folder: string, url: string) {
  const store = openStore(folder);
  onTestFinished(() => store[Symbol.dispose]());
  const inventories = createInventories(store, systemClock);
  const levels: string[] = [];
  const reconciler = createReconciler({
    inventories,
    ask: (name, get) => {
      levels.push(get.level);
      return link.publish(topicOf(name, 'inventory/get', name.source), encodeMessage('inventory/get', get));
    },
    ...common,
  });
  const link = openLink({
    ...{ url, clientId: 'hub', user: 'hub', password: PASSWORDS.hub, protocol: 'auto', ...common },
    subscriptions: upwardFilters(),
    async receive(topic, payload) {
      const about = parseTopic(topic);
      if (about?.family === 'inventory/digest')
        await reconciler.digest(NAME, parseMessage('inventory/digest', payload));
      if (about?.family === 'inventory/chunk') await reconciler.chunk(NAME, parseMessage('inventory/chunk', payload));
    },
  });
  onTestFinished(() => link[Symbol.asyncDispose]());
  await until('the hub is connected', () => link.connected);
  await link.publish(HUB_STATUS, JSON.stringify({ state: 'online', session: 1 }), { retain: true });
  /** Everything that it knows, by path. */
  const rows = () =>
    store.sqlite.prepare('SELECT path, size, sha256 FROM entry ORDER BY path').iterate() as Iterable<Entry>;
  return { inventories, levels, rows, row: () => inventories.find(NAME) };
}

async function openAgent(folder: string, url: string) {
  const ledger = openLedger(folder);
  onTestFinished(() => ledger[Symbol.dispose]());
  const outbox = createOutbox(ledger, systemClock, () => undefined);
  const deliveries = createDeliveries({ ledger, outbox, clock: systemClock, destinationsOf: () => [] });
  const assets = createAssets({
    ...{ ledger, source: NAME.source, outbox, deliveries, clock: systemClock, filed: () => undefined },
  });
  const ending = new AbortController();
  const state: DeviceState = {
    ...{ at: 1, session: 1, version: '1', uptimeS: 1, residentBytes: 1, disk: { freeBytes: 1, totalBytes: 1 } },
    ...{ clockTrusted: true, outbox: 0, sources: [] },
  };
  const session = openHubSession({
    address: NAME,
    link: { url, user: NAME.device, password: PASSWORDS[NAME.device], protocol: 'auto' },
    openLink,
    ...{ generation: ledger.generation, session: 1, version: '1', ackedSeq: () => 0 },
    state: async () => state,
    stateEveryMs: 60_000,
    ready: () => publisher.connected(),
    heard: {
      ack: () => undefined,
      command: () => undefined,
      orders: async () => undefined,
      get: (_, request) => publisher.get(request),
    },
    ...common,
  });
  onTestFinished(() => session[Symbol.asyncDispose]());
  onTestFinished(() => ending.abort());
  const publisher = createInventoryPublisher({
    ...{ assets, generation: ledger.generation, storage: () => 'present' },
    open: () => session.hubOnline,
    publishDigest: (digest) => session.say('inventory/digest', NAME.source, digest, true),
    publishChunk: (chunk) => session.say('inventory/chunk', NAME.source, chunk),
    ...common,
  });
  void publisher.run(ending.signal);
  return assets;
}

describe.each([
  { name: 'Mosquitto', broker: mosquitto },
  { name: 'the embedded broker', broker: embedded },
])('over $name', ({ broker }) => {
  test('200,000 files with 37 missing, 5 differing and 3 extra agree exactly after at most 64 KiB', async () => {
    const folder = await tempFolder();
    await cp(base, folder, { recursive: true });
    const port = await broker();
    const [agentWire, hubWire] = [await counted(port), await counted(port)];
    const hub = await openHub(join(folder, 'hub'), hubWire.url);
    const before = hubWire.bytes();

    const assets = await openAgent(join(folder, 'agent'), agentWire.url);
    await until('the hub knows what the device holds', () => hub.row()?.reconciled, 10_000);

    // All that the broker took and gave since the device connected: the greetings, the digests, and everything twice.
    const bytes = { device: agentWire.bytes(), hub: hubWire.bytes() - before };
    expect(bytes.device + bytes.hub).toBeLessThanOrEqual(WIRE_BYTES_MAX);
    // Nothing was fetched whole, and one round was enough.
    expect(hub.levels).toEqual(['outline', 'slices', 'tags', 'entries']);

    const row = hub.row() as NonNullable<ReturnType<typeof hub.row>>;
    expect(row.seq).toBe(assets.seq());
    expect(hub.inventories.buckets(row)).toEqual(assets.buckets());
    let at = 0;
    for (const { path, size, sha256 } of hub.rows()) {
      const held = pictureEntry(at++);
      if (path !== held.path || size !== held.size || sha256 !== held.sha256)
        expect({ path, size, sha256 }).toEqual(held);
    }
    expect(at).toBe(FILES);
  });
});
