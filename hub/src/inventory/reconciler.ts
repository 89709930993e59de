import { randomUUID } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Assembler, type CompleteList, createAssembler } from '@vigie/shared/link/chunks';
import type { Entry } from '@vigie/shared/protocol/asset';
import { type Bucket, entryListSchema, unpack } from '@vigie/shared/protocol/inventory';
import { bucketListSchema, type Message } from '@vigie/shared/protocol/messages';
import type { Inventories, SourceName } from '../store/inventories.ts';
import { digestGap, gapWithinMonths } from './digest-gap.ts';

/**
 * Keeps the hub's inventories equal to the devices': digests tell which days differ, and those alone are asked for. A
 * list is applied whole or not at all.
 */
export type InventoryReconciler = {
  digest(name: SourceName, message: Message<'inventory/digest'>): Promise<void>;
  chunk(name: SourceName, chunk: Message<'inventory/chunk'>): Promise<void>;
  /** Asks the device for its digest anew, at most every few seconds. */
  ask(name: SourceName): void;
};

type Request = { id: string; level: 'day' | 'month'; keys: string[]; at: number };
type Conversation = {
  assembler: Assembler;
  open: Request | undefined;
  waiting: string[];
  askedAt: number;
  stale: number;
};

const KEYS_AT_ONCE = 31;
const ASK_EVERY_MS = 5_000;
/** A request without an answer for so long is given up; the next digest begins anew. */
const ANSWER_LIMIT_MS = 30_000;
const STALE_MAX = 3;

export function createReconciler(options: {
  inventories: Inventories;
  ask: (name: SourceName, get: Message<'inventory/get'>) => Promise<void>;
  clock: Clock;
  log: Log;
}): InventoryReconciler {
  const { inventories, clock, log } = options;
  const conversations = new Map<string, Conversation>();

  function conversationOf({ site, device, source }: SourceName): Conversation {
    const key = `${site}/${device}/${source}`;
    const known = conversations.get(key);
    if (known) return known;
    const fresh = { assembler: createAssembler(), open: undefined, waiting: [], askedAt: -ASK_EVERY_MS, stale: 0 };
    conversations.set(key, fresh);
    return fresh;
  }

  function send(name: SourceName, get: Message<'inventory/get'>): void {
    options.ask(name, get).catch((error: unknown) => {
      log.debug({ source: name.source, error: messageOf(error) }, 'a question about an inventory did not go out');
    });
  }

  function request(name: SourceName, level: 'day' | 'month', keys: string[]): void {
    const talk = conversationOf(name);
    const id = randomUUID();
    talk.open = { id, level, keys, at: clock.monotonic() };
    talk.assembler.expect({ id });
    send(name, { id, level, keys });
  }

  function nextDays(name: SourceName): void {
    const talk = conversationOf(name);
    const keys = talk.waiting.splice(0, KEYS_AT_ONCE);
    if (keys.length > 0) request(name, 'day', keys);
    else {
      talk.open = undefined;
      talk.askedAt = -ASK_EVERY_MS;
      ask(name);
    }
  }

  function ask(name: SourceName): void {
    const talk = conversationOf(name);
    const busy = talk.open && clock.monotonic() - talk.open.at < ANSWER_LIMIT_MS;
    if (busy || clock.monotonic() - talk.askedAt < ASK_EVERY_MS) return;
    talk.askedAt = clock.monotonic();
    send(name, { id: randomUUID(), level: 'month', keys: [] });
  }

  async function applyDays(name: SourceName, { keys, lists, generation, seq }: CompleteList): Promise<void> {
    const talk = conversationOf(name);
    const entries: Entry[] = [];
    for (const list of lists) entries.push(...(await unpack(list, entryListSchema)));
    const row = inventories.find(name);
    if (row?.generation !== generation) return;
    // Events have told of newer changes meanwhile: what was read before them is asked for again.
    if (seq < row.seq && talk.stale < STALE_MAX) {
      talk.stale += 1;
      request(name, 'day', keys);
      return;
    }
    talk.stale = 0;
    inventories.replace(row, keys, entries, seq);
    nextDays(name);
  }

  return {
    ask,
    async digest(name, { generation, seq, storage, level, list }) {
      const told: Bucket[] = await unpack(list, bucketListSchema);
      const row = inventories.open(name, generation);
      if (storage === 'absent' || seq < row.seq) return;
      const talk = conversationOf(name);
      const gap = digestGap(inventories.buckets(row), told, level);
      const agree = gap.days.length + gap.months.length === 0;
      inventories.reconciled(row, seq, agree);
      if (agree) {
        talk.open = undefined;
        talk.waiting = [];
        return;
      }
      if (talk.open && clock.monotonic() - talk.open.at < ANSWER_LIMIT_MS) return;
      if (gap.months.length > 0) {
        request(name, 'month', gap.months.slice(0, KEYS_AT_ONCE));
        return;
      }
      talk.waiting = gap.days;
      nextDays(name);
    },
    async chunk(name, chunk) {
      const talk = conversationOf(name);
      const complete = talk.assembler.accept(chunk);
      if (!complete) {
        if (talk.open?.id === chunk.id) talk.open.at = clock.monotonic();
        return;
      }
      if (complete.level === 'day') return applyDays(name, complete);
      const told: Bucket[] = [];
      for (const text of complete.lists) told.push(...(await unpack(text, bucketListSchema)));
      const row = inventories.find(name);
      if (row?.generation !== complete.generation) return;
      talk.waiting = gapWithinMonths(inventories.buckets(row), told, complete.keys);
      nextDays(name);
    },
  };
}
