import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Chunk, splitList } from '@vigie/shared/link/chunks';
import type { Entry } from '@vigie/shared/protocol/asset';
import { digestList, monthOf } from '@vigie/shared/protocol/digest-list';
import { type Bucket, CHUNK_BYTES_MAX } from '@vigie/shared/protocol/inventory';
import type { Message } from '@vigie/shared/protocol/messages';

/** The part of a source's assets that an inventory is made of. */
export type InventoryAssets = {
  seq(): number;
  buckets(): Bucket[];
  entries(days: string[], portion: number): Iterable<Entry[]>;
};

/** Tells a source's inventory: its digest when it changes, and what the hub asks for. */
export type InventoryPublisher = {
  /** The link is there: the digest goes out. */
  connected(): void;
  changed(): void;
  get(request: Message<'inventory/get'>): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
};

const DIGEST_EVERY_MS = 30_000;
const CHUNK_BYTES_LEAST = 4 * 1024;

export function createInventoryPublisher(options: {
  assets: InventoryAssets;
  generation: string;
  storage: () => 'present' | 'absent';
  open: () => boolean;
  publishDigest: (digest: Message<'inventory/digest'>) => Promise<void>;
  publishChunk: (chunk: Chunk) => Promise<void>;
  clock: Clock;
  log: Log;
}): InventoryPublisher {
  const { assets, generation, storage, open, clock, log } = options;
  let due = false;
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  async function publish(): Promise<void> {
    due = false;
    const digest = { generation, seq: assets.seq(), at: clock.now(), storage: storage() };
    await options.publishDigest({ ...digest, ...digestList(assets.buckets()) });
  }

  function listOf({ level, keys }: Message<'inventory/get'>): (Entry | Bucket)[] {
    if (level === 'day') return [...assets.entries(keys, 1000)].flat();
    const months = new Set(keys);
    return assets.buckets().filter((b) => months.has(monthOf(b.day)));
  }

  async function answer(request: Message<'inventory/get'>, bytesMax: number): Promise<void> {
    const { id, level, keys } = request;
    const list = listOf(request);
    try {
      for (const chunk of splitList({ id, generation, seq: assets.seq(), level, keys }, list, bytesMax)) {
        await options.publishChunk(chunk);
      }
    } catch (error) {
      if (codeOf(error) !== 'packet-too-large' || bytesMax <= CHUNK_BYTES_LEAST) throw error;
      await answer(request, Math.floor(bytesMax / 2));
    }
  }

  return {
    connected() {
      due = true;
      wake();
    },
    changed() {
      due = true;
    },
    async get(request) {
      // A request without keys asks for the digest itself.
      if (request.keys.length === 0) await publish();
      // An unmounted disk is not an empty one: it has no list to give.
      else if (storage() === 'present') await answer(request, CHUNK_BYTES_MAX);
    },
    async run(signal) {
      while (!signal.aborted) {
        if (due && open()) {
          try {
            await publish();
          } catch (error) {
            due = true;
            log.debug({ error: messageOf(error) }, 'the inventory digest waits for the link');
          }
        }
        await clock.sleep(DIGEST_EVERY_MS, AbortSignal.any([signal, waking.signal]));
      }
    },
  };
}
