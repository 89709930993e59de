import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Chunk, splitList } from '@vigie/shared/link/chunks';
import { digestList } from '@vigie/shared/protocol/digest-list';
import { FINER_LEVELS } from '@vigie/shared/protocol/finer-levels';
import { CHUNK_BYTES_MAX } from '@vigie/shared/protocol/inventory';
import type { Message } from '@vigie/shared/protocol/messages';
import { type InventoryAssets, inventoryAnswer } from './answer.ts';

/** Tells a source's inventory: its digest when it changes, and what the hub asks for. */
export type InventoryPublisher = {
  /** The link is there: the digest goes out. */
  connected(): void;
  changed(): void;
  get(request: Message<'inventory/get'>): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
};

const DIGEST_EVERY_MS = 30_000;
/** How often it is looked whether storage that was told as absent is there. */
const STORAGE_EVERY_MS = 500;
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
  let told: 'present' | 'absent' | undefined;
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  async function publish(): Promise<void> {
    due = false;
    told = storage();
    const digest = { generation, seq: assets.seq(), at: clock.now(), storage: told, levels: [...FINER_LEVELS] };
    await options.publishDigest({ ...digest, ...digestList(assets.buckets()) });
  }

  async function answer(request: Message<'inventory/get'>, bytesMax: number): Promise<void> {
    const { id, level } = request;
    // Told before the reading: what comes in between is told again by its event, which changes nothing then.
    const seq = assets.seq();
    const list = await inventoryAnswer(assets, request);
    const keys = level === 'day' || level === 'month' ? request.keys : [];
    try {
      for (const chunk of splitList({ id, generation, seq, level, keys }, list, bytesMax)) {
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
        if ((due || (told !== undefined && told !== storage())) && open()) {
          try {
            await publish();
          } catch (error) {
            due = true;
            log.debug({ error: messageOf(error) }, 'the inventory digest waits for the link');
          }
        }
        // At a start the folder is found a moment after the link.
        const pauseMs = told === 'absent' ? STORAGE_EVERY_MS : DIGEST_EVERY_MS;
        await clock.sleep(pauseMs, AbortSignal.any([signal, waking.signal]));
      }
    },
  };
}
