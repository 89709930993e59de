import { hash } from 'node:crypto';
import type { Entry } from '@vigie/shared/protocol/asset';
import { FIGURE_KINDS, figureKindOf, type KindAmounts, noKinds } from './figures.ts';

/**
 * A bucket in figures, by paths and sizes alone: what a list of a destination tells. Two buckets of the same shape hold the same paths with
 * the same sizes. `digest` is the exclusive or of the entries' SHA-256, 64 hexadecimal digits.
 */
export type Shape = {
  count: number;
  bytes: number;
  digest: string;
  kinds: KindAmounts;
  /** Is none of its entries unreadable? */
  isSound: boolean;
};

const WORDS = 8;

export const noShape = (): Shape => ({
  count: 0,
  bytes: 0,
  digest: '0'.repeat(WORDS * 8),
  kinds: noKinds(),
  isSound: true,
});

export function shapeOf(entries: Iterable<Entry>): Shape {
  const shape = noShape();
  const sum = new Uint32Array(WORDS);
  for (const { path, size, unreadable } of entries) {
    shape.count += 1;
    shape.bytes += size;
    if (unreadable !== undefined) shape.isSound = false;
    const kind = shape.kinds[figureKindOf(path)];
    kind.count += 1;
    kind.bytes += size;
    const digest = hash('sha256', `${path}\0${size}`, 'buffer');
    for (let word = 0; word < WORDS; word++) sum[word] = (sum[word] as number) ^ digest.readUInt32BE(word * 4);
  }
  return { ...shape, digest: textOf(sum) };
}

/** The shape of two parts of a bucket that have no path in common. */
export function joinShapes(a: Shape, b: Shape): Shape {
  const [left, right] = [wordsOf(a.digest), wordsOf(b.digest)];
  const kinds = noKinds();
  for (const kind of FIGURE_KINDS) {
    kinds[kind].count = a.kinds[kind].count + b.kinds[kind].count;
    kinds[kind].bytes = a.kinds[kind].bytes + b.kinds[kind].bytes;
  }
  return {
    count: a.count + b.count,
    bytes: a.bytes + b.bytes,
    digest: textOf(left.map((word, at) => word ^ (right[at] as number))),
    kinds,
    isSound: a.isSound && b.isSound,
  };
}

/** Is everything in one of them matched by the other, by path and size? What is unreadable matches nothing. */
export const agrees = (a: Shape | undefined, b: Shape | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.isSound &&
  b.isSound &&
  a.count === b.count &&
  a.bytes === b.bytes &&
  a.digest === b.digest;

const textOf = (words: Uint32Array): string => [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
const wordsOf = (digest: string): Uint32Array =>
  Uint32Array.from({ length: WORDS }, (_, at) => Number.parseInt(digest.slice(at * 8, at * 8 + 8), 16));
