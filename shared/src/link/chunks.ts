import { createHash } from 'node:crypto';
import { VigieError } from '../kit/errors.ts';
import { CHUNK_BYTES_MAX, CHUNK_ENTRIES_MAX, pack } from '../protocol/inventory.ts';
import type { Message } from '../protocol/messages.ts';

export type Chunk = Message<'inventory/chunk'>;

/** What a list answers: the request, and the state of the inventory when it was read. */
export type ChunkHeader = Pick<Chunk, 'id' | 'generation' | 'seq' | 'level' | 'keys'>;

/**
 * Splits the answer to an `inventory/get` into messages, whatever the items of its level are.
 * Each message's text has at most `bytesMax` bytes (after a `packet-too-large`, split again with half of it); an empty list is one
 * message. Throws `payload` when not even one entry fits beside the header: the request named too many keys.
 */
export function splitList(header: ChunkHeader, list: readonly unknown[], bytesMax = CHUNK_BYTES_MAX): Chunk[] {
  const frame: Chunk = { ...header, n: 999_999, of: 999_999, sha256: '0'.repeat(64), list: '' };
  const room = bytesMax - Buffer.byteLength(JSON.stringify(frame));
  const texts: string[] = [];
  const batches: (readonly unknown[])[] = [];
  for (let at = 0; at < list.length; at += CHUNK_ENTRIES_MAX) batches.push(list.slice(at, at + CHUNK_ENTRIES_MAX));
  if (batches.length === 0) batches.push([]);
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const text = pack(batch);
    if (text.length <= room) texts.push(text);
    else if (batch.length <= 1) {
      throw new VigieError(
        'payload',
        `split the inventory answer "${header.id}": one item does not fit ${bytesMax} bytes`,
        {
          hint: 'ask for fewer keys at once',
        },
      );
    } else {
      const half = Math.ceil(batch.length / 2);
      batches.unshift(batch.slice(0, half), batch.slice(half));
    }
  }
  const sha256 = digestOf(texts);
  return texts.map((text, n) => ({ ...header, n, of: texts.length, sha256, list: text }));
}

/** All lists of one answer, in order, each to be unpacked by `unpack` with the schema of its level. */
export type CompleteList = ChunkHeader & { lists: string[] };

export type Assembler = {
  /** From now on the chunks of this request are collected, and none of an earlier one any more. */
  expect(request: { id: string; generation?: string }): void;
  /** Takes a chunk; answers the whole list when this chunk completes it, once for each request. */
  accept(chunk: Chunk): CompleteList | undefined;
  /** Forgets the request: its chunks are stale from now on. */
  forget(): void;
};

/** An answer may be split anew into smaller chunks while chunks of the first split still come in. */
const SPLITS_MAX = 3;

type Split = { header: ChunkHeader; of: number; sha256: string; texts: Map<number, string>; bytes: number };

/**
 * Puts the chunks of one request together, in whatever order, however often and however damaged they come: the whole list
 * comes out once, with the digest that its sender gave it, or never. What is kept is bounded by `bytesMax`.
 */
export function createAssembler({ bytesMax = 64 * 1024 * 1024, chunksMax = 10_000 } = {}): Assembler {
  let expected: { id: string; generation?: string } | undefined;
  let splits: Split[] = [];
  const forget = () => {
    expected = undefined;
    splits = [];
  };

  /** The split that a chunk belongs to; chunks that differ in anything but their part belong to different ones. */
  const splitOf = ({ n: _n, list: _list, of, sha256, ...header }: Chunk): Split => {
    const mark = JSON.stringify([header.generation, header.seq, header.level, header.keys]);
    const found = splits.find(
      (one) =>
        one.sha256 === sha256 &&
        one.of === of &&
        JSON.stringify([one.header.generation, one.header.seq, one.header.level, one.header.keys]) === mark,
    );
    if (found) return found;
    const split = { header, of, sha256, texts: new Map<number, string>(), bytes: 0 };
    splits = [...splits, split].slice(-SPLITS_MAX);
    return split;
  };

  return {
    expect(request) {
      forget();
      expected = request;
    },
    forget,
    accept(chunk) {
      if (chunk.id !== expected?.id || chunk.n >= chunk.of || chunk.of > chunksMax) return undefined;
      if (expected.generation !== undefined && chunk.generation !== expected.generation) return undefined;
      const split = splitOf(chunk);
      if (split.texts.has(chunk.n)) return undefined;
      split.texts.set(chunk.n, chunk.list);
      split.bytes += chunk.list.length;
      while (splits.reduce((sum, one) => sum + one.bytes, 0) > bytesMax) splits.shift();
      if (!splits.includes(split) || split.texts.size < split.of) return undefined;

      const lists = Array.from({ length: split.of }, (_, n) => split.texts.get(n) as string);
      if (digestOf(lists) !== split.sha256) {
        splits = splits.filter((one) => one !== split);
        return undefined;
      }
      forget();
      return { ...split.header, lists };
    },
  };
}

function digestOf(texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}
