import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '@vigie/shared/protocol/asset';
import { withinMonths } from '@vigie/shared/protocol/digest-list';
import {
  byDay,
  type DaySlices,
  finerKey,
  joinSlices,
  type OutlineDay,
  type SliceTags,
  shortDigest,
  sliceCountFor,
  sliceOf,
  TAGS_IN_ITEM,
} from '@vigie/shared/protocol/finer-levels';
import { type Bucket, combine, EMPTY_DIGEST, entryDigest } from '@vigie/shared/protocol/inventory';
import type { Message } from '@vigie/shared/protocol/messages';

/** The part of a source's assets that an inventory is made of. */
export type InventoryAssets = {
  seq(): number;
  buckets(): Bucket[];
  entries(days: string[], portion: number): Iterable<Entry[]>;
};

export type ListItem = Entry | Bucket | OutlineDay | DaySlices | SliceTags;

/**
 * What the hub has asked for. Each day is read at one go, and everything else has its turn between two days: the list may contain
 * newer changes than those up to the `seq` at which it was begun, never older ones.
 */
export async function inventoryAnswer(
  assets: InventoryAssets,
  { level, keys }: Pick<Message<'inventory/get'>, 'level' | 'keys'>,
): Promise<ListItem[]> {
  const read = (day: string) => [...assets.entries([day], PORTION)].flat();
  switch (level) {
    case 'month':
      return daysOf(assets, keys);
    case 'outline':
      return daysOf(assets, keys).map(({ day, count, digest }): OutlineDay => [day, count, shortDigest(digest)]);
    case 'day':
      return eachDay(keys, read);
    case 'slices':
      return eachDay(keys, (day) => slicesOfDay(day, read(day)));
    case 'tags': {
      const asked = byDay(keys);
      return eachDay([...asked.keys()], (day) => tagsOfDay(day, read(day), asked.get(day) ?? new Set()));
    }
    case 'entries': {
      const asked = byDay(keys);
      return eachDay([...asked.keys()], (day) =>
        read(day).filter((entry) => asked.get(day)?.has(shortDigest(entryDigest(entry)))),
      );
    }
  }
}

const PORTION = 1000;

const daysOf = (assets: InventoryAssets, keys: readonly string[]): Bucket[] => {
  const isWithin = withinMonths(keys);
  return assets.buckets().filter(({ day }) => isWithin(day));
};

async function eachDay<T>(days: readonly string[], of: (day: string) => T[]): Promise<T[]> {
  const list: T[] = [];
  for (const day of new Set(days)) {
    for (const item of of(day)) list.push(item);
    await nextTurn();
  }
  return list;
}

function slicesOfDay(day: string, entries: readonly Entry[]): DaySlices[] {
  if (entries.length === 0) return [];
  const digests = entries.map(entryDigest);
  return [
    {
      day,
      count: entries.length,
      bytes: entries.reduce((sum, { size }) => sum + size, 0),
      digest: digests.reduce(combine, EMPTY_DIGEST),
      slices: joinSlices(digests, sliceCountFor(entries.length)),
    },
  ];
}

/** `slices` are of one kind or the other: their number of digits tells into how many the day was told. */
function tagsOfDay(day: string, entries: readonly Entry[], slices: ReadonlySet<string>): SliceTags[] {
  const tags = new Map([...slices].map((slice) => [slice, [] as string[]]));
  for (const digest of entries.map(entryDigest)) {
    for (const sliceCount of [16, 256]) tags.get(sliceOf(digest, sliceCount))?.push(shortDigest(digest));
  }
  return [...tags].flatMap(([slice, all]) => {
    const items: SliceTags[] = [];
    for (let at = 0; at < all.length; at += TAGS_IN_ITEM) {
      items.push({ slice: finerKey(slice, day), tags: all.slice(at, at + TAGS_IN_ITEM).join('') });
    }
    return items;
  });
}
