import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { createReconciler } from '@vigie/hub/inventory/reconciler';
import { createInventories } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { Chunk } from '@vigie/shared/link/chunks';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import type { Message } from '@vigie/shared/protocol/messages';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const NAME = { site: 'main', device: 'cam-1', source: 'garden' };

/** A hub's reconciler and an agent's publisher, joined by queues that a test may disturb. */
async function joined() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const inventories = createInventories(store, systemClock);
  const held = new Map<string, Entry>();
  let seq = 0;
  let storage: 'present' | 'absent' = 'present';
  const buckets = (): Bucket[] => {
    const days = new Map<string, Bucket>();
    for (const e of held.values()) {
      const day = bucketOf(e.path);
      days.set(day, adjust(days.get(day) ?? { day, count: 0, bytes: 0, digest: EMPTY_DIGEST }, e, 1));
    }
    return [...days.values()];
  };
  const up: (Chunk | Message<'inventory/digest'>)[] = [];
  const down: Message<'inventory/get'>[] = [];
  const publisher = createInventoryPublisher({
    assets: {
      seq: () => seq,
      buckets,
      *entries(days) {
        yield [...held.values()].filter((e) => days.includes(bucketOf(e.path)));
      },
    },
    generation: 'g1',
    storage: () => storage,
    open: () => true,
    publishDigest: async (digest) => void up.push(digest),
    publishChunk: async (chunk) => void up.push(chunk),
    clock: systemClock,
    log: silentLog,
  });
  const reconciler = createReconciler({
    inventories,
    ask: async (_, get) => void down.push(get),
    clock: systemClock,
    log: silentLog,
  });
  return {
    inventories,
    known: () => {
      const row = inventories.find(NAME);
      return row ? [...inventories.entries(row)] : [];
    },
    row: () => inventories.find(NAME),
    hold(path: string, size = 10) {
      seq += 1;
      const entry = { path, size, sha256: 'a'.repeat(64), modifiedAt: 1 };
      held.set(path, entry);
      return { entry, seq };
    },
    drop(path: string) {
      seq += 1;
      held.delete(path);
    },
    unmount() {
      storage = 'absent';
      held.clear();
    },
    /** The device tells its digest, and everything that follows from it goes back and forth. */
    async talk(disturb: (message: Chunk | Message<'inventory/digest'>) => boolean = () => true) {
      await publisher.get({ id: 'test', level: 'month', keys: [] });
      while (up.length + down.length > 0) {
        const get = down.shift();
        if (get) await publisher.get(get);
        const message = up.shift();
        if (!message || !disturb(message)) continue;
        if ('n' in message) await reconciler.chunk(NAME, message);
        else await reconciler.digest(NAME, message);
      }
    },
  };
}

test('a hub that knows nothing learns the whole inventory, and then only what differs', async () => {
  const site = await joined();
  for (let n = 0; n < 300; n++) site.hold(`2026110${n % 9}/${n}.jpg`);
  await site.talk();
  expect(site.known()).toHaveLength(300);
  expect(site.row()).toMatchObject({ reconciled: true, seq: 300 });

  site.hold('20261101/new.jpg');
  site.drop('20261102/2.jpg');
  const asked: string[] = [];
  await site.talk((message) => {
    if ('n' in message) asked.push(...message.keys);
    return true;
  });
  expect(asked).toEqual(['20261101', '20261102']);
  expect(site.known()).toHaveLength(300);
  expect(site.row()?.reconciled).toBe(true);
});

test('a list that arrives in part changes nothing', async () => {
  const site = await joined();
  for (let n = 0; n < 2500; n++) site.hold(`20261101/${n}.jpg`);
  await site.talk((message) => !('n' in message) || message.n !== 1);
  expect(site.known()).toHaveLength(0);
  expect(site.row()?.reconciled).toBe(false);
});

test('storage that is not mounted is not "0 files"', async () => {
  const site = await joined();
  for (let n = 0; n < 5; n++) site.hold(`20261101/${n}.jpg`);
  await site.talk();
  site.unmount();
  await site.talk();
  expect(site.known()).toHaveLength(5);
});

test('events that come late or twice say nothing new', async () => {
  const site = await joined();
  const first = site.hold('20261101/a.jpg');
  const second = site.hold('20261101/b.jpg');
  await site.talk();
  site.drop('20261101/a.jpg');
  await site.talk();
  const row = site.row();
  if (!row) throw new Error('the source is not known');
  site.inventories.change(row, first.entry, first.seq, 1);
  site.inventories.change(row, second.entry, second.seq, 1);
  expect(site.known().map((e) => e.path)).toEqual(['20261101/b.jpg']);
  const third = site.hold('20261101/c.jpg');
  site.inventories.change(row, third.entry, third.seq, 1);
  site.inventories.change(row, third.entry, third.seq, 1);
  expect(site.inventories.amount(row)).toEqual({ count: 2, bytes: 20 });
  await site.talk();
  expect(site.row()?.reconciled).toBe(true);
});
