import { randomUUID } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Assembler, type CompleteList, createAssembler } from '@vigie/shared/link/chunks';
import { FINER_LEVELS, outlineListSchema } from '@vigie/shared/protocol/finer-levels';
import { type Bucket, entryListSchema, unpack } from '@vigie/shared/protocol/inventory';
import { bucketListSchema, type Message } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Inventories, SourceName, SourceRow } from '../store/inventories.ts';
import { chooseDays, daysAtOnce } from './day-choice.ts';
import { digestGap, gapByOutline, gapWithinMonths } from './digest-gap.ts';
import { createFinerExchange, type FinerExchange, type Step } from './finer-exchange.ts';

/**
 * Keeps the hub's inventories equal to the devices': digests tell which months and days differ, and of those alone more is asked for, until
 * what differs is known. What is told of a day is applied whole or not at all, and no news is undone by what is older.
 */
export type InventoryReconciler = {
  digest(name: SourceName, message: Message<'inventory/digest'>): Promise<void>;
  chunk(name: SourceName, chunk: Message<'inventory/chunk'>): Promise<void>;
  /** Asks the device for its digest anew, at most every few seconds. */
  ask(name: SourceName): void;
  /** The device has connected anew: what it was asked before may have got lost, and is not waited for. */
  born(address: DeviceAddress): void;
};

type Level = Message<'inventory/get'>['level'];
/** What the device told in its digest: the conversation is at its end when the hub has the same. */
type Told = { generation: string; seq: number; level: 'day' | 'month'; buckets: Bucket[]; isFiner: boolean };
type Conversation = {
  assembler: Assembler;
  open: { id: string; at: number; keys: string[] } | undefined;
  told: Told | undefined;
  /** Still to be asked for. */
  outlines: string[];
  months: string[];
  fine: string[];
  whole: string[];
  exchange: FinerExchange | undefined;
  /** Entries of each day that the device has told of, as far as it is known. */
  counts: Map<string, number>;
  /** How often a day was looked at finely, or told whole too late. */
  rounds: Map<string, number>;
  /** Conversations in a row that ended without agreement. */
  failed: number;
  askedAt: number;
};

const MONTHS_AT_ONCE = 31;
const OUTLINES_AT_ONCE = 24;
const DAYS_AT_ONCE = 31;
const FINE_DAYS_AT_ONCE = 200;
const ASK_EVERY_MS = 5_000;
/** A request without an answer for so long is given up; the next digest begins anew. */
const ANSWER_LIMIT_MS = 30_000;
/** A day that is told whole and is out of date each time is left to the next digest. */
const STALE_MAX = 5;
/** Then the device's next state has to ask: two sides that do not come together must not keep each other busy. */
const FAILED_MAX = 3;

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
    const fresh: Conversation = {
      ...{ assembler: createAssembler(), failed: 0, askedAt: -ASK_EVERY_MS },
      ...nothingOpen(),
    };
    conversations.set(key, fresh);
    return fresh;
  }

  const isBusy = ({ open }: Conversation): boolean =>
    open !== undefined && clock.monotonic() - open.at < ANSWER_LIMIT_MS;

  function send(name: SourceName, get: Message<'inventory/get'>): void {
    options.ask(name, get).catch((error: unknown) => {
      log.debug({ source: name.source, error: messageOf(error) }, 'a question about an inventory did not go out');
    });
  }

  function request(name: SourceName, level: Level, keys: string[]): void {
    const talk = conversationOf(name);
    const id = randomUUID();
    talk.open = { id, at: clock.monotonic(), keys };
    talk.assembler.expect({ id });
    send(name, { id, level, keys });
  }

  /** The next question, from the coarsest on. */
  function next(name: SourceName, row: SourceRow): void {
    const talk = conversationOf(name);
    const countOf = (day: string) => talk.counts.get(day) ?? 0;
    talk.exchange = undefined;
    if (talk.outlines.length > 0) request(name, 'outline', talk.outlines.splice(0, OUTLINES_AT_ONCE));
    else if (talk.months.length > 0) request(name, 'month', talk.months.splice(0, MONTHS_AT_ONCE));
    else if (talk.fine.length > 0) {
      const days = talk.fine.splice(0, daysAtOnce(talk.fine, countOf, FINE_DAYS_AT_ONCE));
      talk.exchange = createFinerExchange(inventories, days);
      step(name, row, talk.exchange.begin());
    } else if (talk.whole.length > 0)
      request(name, 'day', talk.whole.splice(0, daysAtOnce(talk.whole, countOf, DAYS_AT_ONCE)));
    else finish(name, row);
  }

  function step(name: SourceName, row: SourceRow, to: Step): void {
    if ('keys' in to) {
      request(name, to.level, to.keys);
      return;
    }
    const talk = conversationOf(name);
    for (const day of to.again) talk.rounds.set(day, (talk.rounds.get(day) ?? 0) + 1);
    choose(talk, row, to.again);
    talk.whole.push(...to.whole);
    next(name, row);
  }

  function choose(talk: Conversation, row: SourceRow, days: readonly string[]): void {
    const own = new Map(inventories.buckets(row).map((b) => [b.day, b]));
    const isFiner = talk.told?.isFiner === true;
    const { fine, whole } = chooseDays(days, { isFiner, own, told: talk.counts, rounds: talk.rounds });
    talk.fine.push(...fine);
    talk.whole.push(...whole);
  }

  /** Everything that was asked for has been told. */
  function finish(name: SourceName, row: SourceRow): void {
    const talk = conversationOf(name);
    const { told } = talk;
    Object.assign(talk, nothingOpen());
    if (told && told.generation === row.generation && told.seq >= row.seq && agrees(row, told)) {
      talk.failed = 0;
      inventories.reconciled(row, told.seq, true);
      return;
    }
    talk.failed += 1;
    if (talk.failed > FAILED_MAX) return;
    talk.askedAt = -ASK_EVERY_MS;
    ask(name);
  }

  function agrees(row: SourceRow, { buckets, level }: Pick<Told, 'buckets' | 'level'>): boolean {
    const gap = digestGap(inventories.buckets(row), buckets, level);
    return gap.days.length + gap.months.length === 0;
  }

  function ask(name: SourceName): void {
    const talk = conversationOf(name);
    if (isBusy(talk) || clock.monotonic() - talk.askedAt < ASK_EVERY_MS) return;
    talk.askedAt = clock.monotonic();
    send(name, { id: randomUUID(), level: 'month', keys: [] });
  }

  async function applyDays(name: SourceName, row: SourceRow, { keys, lists, seq }: CompleteList): Promise<void> {
    const talk = conversationOf(name);
    const entries = await unpackAll(lists, entryListSchema);
    // Events have told of newer changes meanwhile: what was read before them is asked for again.
    if (!(await inventories.replace(row, keys, entries, seq))) {
      if (inventories.find(name)?.generation !== row.generation) return;
      for (const day of keys) talk.rounds.set(day, (talk.rounds.get(day) ?? 0) + 1);
      talk.whole.push(...keys.filter((day) => (talk.rounds.get(day) ?? 0) <= STALE_MAX));
    }
    next(name, row);
  }

  async function applyOutline(name: SourceName, row: SourceRow, { lists }: CompleteList): Promise<void> {
    const talk = conversationOf(name);
    const days = await unpackAll(lists, outlineListSchema);
    for (const [day, count] of days) talk.counts.set(day, count);
    const own = inventories.buckets(row);
    const gap = gapByOutline(own, days, talk.open?.keys ?? []);
    const toldMonths = talk.told?.level === 'month' ? digestGap(own, talk.told.buckets, 'month').months : [];
    talk.months.push(...gap.months.filter((month) => toldMonths.includes(month)));
    choose(talk, row, gap.days);
    next(name, row);
  }

  async function applyMonths(name: SourceName, row: SourceRow, { keys, lists }: CompleteList): Promise<void> {
    const talk = conversationOf(name);
    const days = await unpackAll(lists, bucketListSchema);
    for (const { day, count } of days) talk.counts.set(day, count);
    choose(talk, row, gapWithinMonths(inventories.buckets(row), days, keys));
    next(name, row);
  }

  return {
    ask,
    born({ site, device }) {
      for (const [key, talk] of conversations) {
        if (!key.startsWith(`${site}/${device}/`)) continue;
        Object.assign(talk, nothingOpen());
        talk.assembler.forget();
      }
    },
    async digest(name, { generation, seq, storage, level, list, levels }) {
      const buckets: Bucket[] = await unpack(list, bucketListSchema);
      const row = inventories.open(name, generation);
      if (storage === 'absent' || seq < row.seq) return;
      const talk = conversationOf(name);
      const isFiner = FINER_LEVELS.every((one) => levels?.includes(one));
      const told: Told = { generation, seq, level, buckets, isFiner };
      const agree = agrees(row, told);
      inventories.reconciled(row, seq, agree);
      if (agree) {
        Object.assign(talk, nothingOpen());
        talk.failed = 0;
        return;
      }
      if (isBusy(talk) && talk.told?.generation === generation) {
        // The end of the conversation is held against the newest word.
        if (talk.told.level === level) talk.told = told;
        return;
      }
      Object.assign(talk, nothingOpen(), { told });
      const gap = digestGap(inventories.buckets(row), buckets, level);
      if (isFiner) talk.outlines = gap.months;
      else talk.months = gap.months;
      if (level === 'day') for (const { day, count } of buckets) talk.counts.set(day, count);
      choose(talk, row, gap.days);
      next(name, row);
    },
    async chunk(name, chunk) {
      const talk = conversationOf(name);
      const complete = talk.assembler.accept(chunk);
      if (!complete) {
        if (talk.open?.id === chunk.id) talk.open.at = clock.monotonic();
        return;
      }
      const row = inventories.find(name);
      if (row?.generation !== complete.generation) {
        Object.assign(talk, nothingOpen());
        return;
      }
      switch (complete.level) {
        case 'day':
          return applyDays(name, row, complete);
        case 'month':
          return applyMonths(name, row, complete);
        case 'outline':
          return applyOutline(name, row, complete);
        default: {
          const to = await talk.exchange?.answered(row, complete);
          if (to) step(name, row, to);
        }
      }
    },
  };
}

const nothingOpen = (): Omit<Conversation, 'assembler' | 'failed' | 'askedAt'> => ({
  ...{ open: undefined, told: undefined, exchange: undefined },
  ...{ outlines: [], months: [], fine: [], whole: [], counts: new Map(), rounds: new Map() },
});

async function unpackAll<T>(lists: readonly string[], schema: Parameters<typeof unpack<T[]>>[1]): Promise<T[]> {
  const all: T[] = [];
  for (const list of lists) for (const item of await unpack(list, schema)) all.push(item);
  return all;
}
