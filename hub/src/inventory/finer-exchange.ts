import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CompleteList } from '@vigie/shared/link/chunks';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import {
  byDay,
  type DaySlices,
  differingSlices,
  finerKey,
  shortDigest,
  sliceCountOf,
  sliceListSchema,
  sliceOf,
  splitShort,
  tagListSchema,
} from '@vigie/shared/protocol/finer-levels';
import { combine, EMPTY_DIGEST, entryDigest, entryListSchema, unpack } from '@vigie/shared/protocol/inventory';
import type { DayChange, Inventories, SourceRow } from '../store/inventories.ts';

/** The next question about some days, or its end: days that have changed meanwhile, and days that have to be asked for whole. */
export type Step = { level: 'slices' | 'tags' | 'entries'; keys: string[] } | { again: string[]; whole: string[] };

/**
 * Finds what differs within some days, and brings them to what the device told: slices, then the tags of those that differ, then the
 * entries whose tags are not known here. A day is changed only if it has the device's own figures afterwards.
 */
export type FinerExchange = {
  begin(): Step;
  answered(row: SourceRow, answer: CompleteList): Promise<Step>;
};

/** A question stays well below a packet. */
const KEYS_MAX = 1000;
const KEY_BYTES_MAX = 64 * 1024;

type Pending = { told: DaySlices; seq: number; slices: string[]; gone: string[]; wanted: string[] };

export function createFinerExchange(
  inventories: Pick<Inventories, 'ofBucket' | 'amend'>,
  days: readonly string[],
): FinerExchange {
  const pending = new Map<string, Pending>();
  const again: string[] = [];
  const whole: string[] = [];

  async function slices(row: SourceRow, { lists, seq }: CompleteList): Promise<Step> {
    const told = new Map((await unpackAll(lists, sliceListSchema)).map((day) => [day.day, day]));
    for (const day of days) {
      const theirs = told.get(day);
      const own = inventories.ofBucket(row, day).map(entryDigest);
      const found = theirs && own.length > 0 ? differingSlices(own, theirs) : [];
      const isEqual = theirs?.count === own.length && own.reduce(combine, EMPTY_DIGEST) === theirs.digest;
      if (isEqual) continue;
      // Short digests that all agree where the day does not cannot say where it differs.
      if (!theirs || found.length === 0 || found.length * 2 > sliceCountOf(theirs)) whole.push(day);
      else pending.set(day, { told: theirs, seq, slices: found, gone: [], wanted: [] });
      await nextTurn();
    }
    for (const day of tooMany((one) => one.slices)) again.push(day);
    return pending.size === 0 ? end() : { level: 'tags', keys: keysOf((one) => one.slices) };
  }

  async function tags(row: SourceRow, { lists }: CompleteList): Promise<Step> {
    const told = new Map<string, Set<string>>();
    for (const item of await unpackAll(lists, tagListSchema)) {
      const [[day = ''] = []] = byDay([item.slice]);
      const known = told.get(day) ?? new Set();
      for (const tag of splitShort(item.tags)) known.add(tag);
      told.set(day, known);
    }
    for (const [day, one] of pending) {
      const theirs = told.get(day) ?? new Set();
      const asked = new Set(one.slices);
      const own = new Set<string>();
      for (const entry of inventories.ofBucket(row, day)) {
        const digest = entryDigest(entry);
        if (!asked.has(sliceOf(digest, sliceCountOf(one.told)))) continue;
        own.add(shortDigest(digest));
        if (!theirs.has(shortDigest(digest))) one.gone.push(entry.path);
      }
      one.wanted = [...theirs].filter((tag) => !own.has(tag));
      await nextTurn();
    }
    for (const day of tooMany((one) => one.wanted)) whole.push(day);
    const keys = keysOf((one) => one.wanted);
    return keys.length === 0 ? settle(row, []) : { level: 'entries', keys };
  }

  function settle(row: SourceRow, entries: readonly Entry[]): Step {
    const come = new Map<string, Entry[]>([...pending.keys()].map((day) => [day, []]));
    for (const entry of entries) come.get(bucketOf(entry.path))?.push(entry);
    const changes = [...pending].map(
      ([day, { told, seq, gone }]): DayChange => ({ told, seq, gone, come: come.get(day) ?? [] }),
    );
    for (const day of inventories.amend(row, changes)) again.push(day);
    return end();
  }

  const end = (): Step => ({ again, whole });

  const keysOf = (digits: (one: Pending) => string[]): string[] =>
    [...pending].flatMap(([day, one]) => digits(one).map((d) => finerKey(d, day)));

  /** Takes out the days whose keys do not fit one question any more. */
  function tooMany(digits: (one: Pending) => string[]): string[] {
    let keys = 0;
    let bytes = 0;
    const out: string[] = [];
    for (const [day, one] of [...pending]) {
      const own = digits(one);
      const ownBytes = own.reduce((sum, d) => sum + Buffer.byteLength(finerKey(d, day)) + 3, 0);
      if (keys + own.length > KEYS_MAX || bytes + ownBytes > KEY_BYTES_MAX) {
        pending.delete(day);
        out.push(day);
        continue;
      }
      keys += own.length;
      bytes += ownBytes;
    }
    return out;
  }

  return {
    begin: () => ({ level: 'slices', keys: [...days] }),
    async answered(row, answer) {
      if (answer.level === 'slices') return slices(row, answer);
      if (answer.level === 'tags') return tags(row, answer);
      return settle(row, await unpackAll(answer.lists, entryListSchema));
    },
  };
}

async function unpackAll<T>(lists: readonly string[], schema: Parameters<typeof unpack<T[]>>[1]): Promise<T[]> {
  const all: T[] = [];
  for (const list of lists) for (const item of await unpack(list, schema)) all.push(item);
  return all;
}
