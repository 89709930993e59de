import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { createReconciler } from '@vigie/hub/inventory/reconciler';
import { createInventories } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { Chunk } from '@vigie/shared/link/chunks';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { adjust, type Bucket, EMPTY_DIGEST } from '@vigie/shared/protocol/inventory';
import type { Message } from '@vigie/shared/protocol/messages';
import { handClock } from '../../support/ledger.ts';

export const NAME = { site: 'main', device: 'cam-1', source: 'garden' };

export type Up =
  | { chunk: Chunk }
  | { digest: Message<'inventory/digest'> }
  | { event: { entry: Entry; seq: number; sign: 1 | -1 } };

/** A hub's reconciler with a real database in a folder, and an agent's publisher, joined by queues that a test may disturb. */
export function joined(folder: string, clock: Clock & { advance(ms: number): void } = handClock()) {
  const store = openStore(folder);
  const inventories = createInventories(store, clock);
  const held = new Map<string, Entry>();
  let generation = 'g1';
  let seq = 0;
  let storage: 'present' | 'absent' = 'present';
  /** A device of an earlier version names no levels. */
  let isFiner = true;
  const up: Up[] = [];
  const down: Message<'inventory/get'>[] = [];
  const asked: Message<'inventory/get'>[] = [];
  const assets = {
    seq: () => seq,
    buckets: (): Bucket[] => {
      const days = new Map<string, Bucket>();
      for (const e of held.values()) {
        const day = bucketOf(e.path);
        days.set(day, adjust(days.get(day) ?? { day, count: 0, bytes: 0, digest: EMPTY_DIGEST }, e, 1));
      }
      return [...days.values()];
    },
    *entries(days: string[]) {
      yield [...held.values()].filter((e) => days.includes(bucketOf(e.path)));
    },
  };
  const newPublisher = () =>
    createInventoryPublisher({
      ...{ assets, generation, storage: () => storage, open: () => true, clock, log: silentLog },
      publishDigest: async ({ levels, ...digest }) =>
        void up.push({ digest: isFiner ? { ...digest, levels } : digest }),
      publishChunk: async (chunk) => void up.push({ chunk }),
    });
  let publisher = newPublisher();
  const newReconciler = () =>
    createReconciler({
      inventories,
      ask: async (_, get) => {
        asked.push(get);
        down.push(get);
      },
      ...{ clock, log: silentLog },
    });
  let reconciler = newReconciler();

  const row = () => inventories.find(NAME);
  async function hear(message: Up): Promise<void> {
    if ('chunk' in message) await reconciler.chunk(NAME, message.chunk);
    else if ('digest' in message) await reconciler.digest(NAME, message.digest);
    else
      inventories.change(
        inventories.open(NAME, generation),
        message.event.entry,
        message.event.seq,
        message.event.sign,
      );
  }

  const site = {
    inventories,
    asked,
    row,
    close: () => store[Symbol.dispose](),
    known() {
      const source = row();
      return source ? [...inventories.entries(source)] : [];
    },
    held: () => [...held.values()].sort((one, other) => (one.path < other.path ? -1 : 1)),
    /** What the hub knows from before, whatever the device holds. */
    async foresee(entries: readonly Entry[], at = 0) {
      const source = inventories.open(NAME, generation);
      await inventories.replace(source, [...new Set(entries.map((e) => bucketOf(e.path)))], entries, at);
    },
    /** The device files one. With `tells` the hub gets the event in its turn. */
    hold(path: string, { size = 10, sha256 = 'a'.repeat(64), tells = false } = {}) {
      seq += 1;
      const entry = { path, size, sha256, modifiedAt: 1 };
      held.set(path, entry);
      if (tells) up.push({ event: { entry, seq, sign: 1 } });
      return { entry, seq };
    },
    drop(path: string, { tells = false } = {}) {
      const entry = held.get(path);
      if (!entry) return;
      seq += 1;
      held.delete(path);
      if (tells) up.push({ event: { entry, seq, sign: -1 } });
    },
    unmount() {
      storage = 'absent';
      held.clear();
    },
    isOfEarlierVersion() {
      isFiner = false;
    },
    restartHub() {
      reconciler = newReconciler();
    },
    /** The device's ledger begins anew, with what its disk has. */
    beginAnew(next: string) {
      generation = next;
      seq = held.size;
      up.length = 0;
      publisher = newPublisher();
    },
    /**
     * The device tells its digest, and everything that follows from it goes back and forth. `disturb` answers how a message arrives: not at all,
     * as it is, twice, or later.
     */
    async talk(disturb: (message: Up) => 'lost' | 'told' | 'twice' | 'later' = () => 'told') {
      await publisher.get({ id: 'test', level: 'month', keys: [] });
      for (let left = 20_000; up.length + down.length > 0; left--) {
        if (left === 0) throw new Error('two sides talk on and on');
        const get = down.shift();
        if (get) await publisher.get(get);
        const message = up.shift();
        const how = message && disturb(message);
        if (!message || how === 'lost') continue;
        if (how === 'later' && up.length > 0) {
          up.splice(1, 0, message);
          continue;
        }
        await hear(message);
        if (how === 'twice') await hear(message);
      }
    },
    /** The device connects anew. */
    connect() {
      reconciler.born(NAME);
    },
    /** No answer is waited for any more. */
    giveUp() {
      clock.advance(31_000);
    },
  };
  return site;
}
