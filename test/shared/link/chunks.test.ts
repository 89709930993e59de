import { createHash, randomBytes } from 'node:crypto';
import { type Chunk, createAssembler, splitList } from '@vigie/shared/link/chunks';
import { encodeMessage } from '@vigie/shared/link/payload';
import type { Entry } from '@vigie/shared/protocol/asset';
import { CHUNK_BYTES_MAX, CHUNK_ENTRIES_MAX, entryListSchema, unpack } from '@vigie/shared/protocol/inventory';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const header = { id: 'request-1', generation: 'g1', seq: 7, level: 'day' as const, keys: ['20260101'] };
const listOf = (count: number): Entry[] =>
  Array.from({ length: count }, (_, n) => ({
    path: `20260101/${n}.jpg`,
    size: n,
    sha256: n.toString(16).padStart(64, '0'),
  }));
const entriesOf = async (lists: string[]) =>
  (await Promise.all(lists.map((text) => unpack(text, entryListSchema)))).flat();
const bytesOf = (chunk: Chunk) => Buffer.byteLength(encodeMessage('inventory/chunk', chunk));

describe('splitting', () => {
  test.each([0, 1, CHUNK_ENTRIES_MAX, CHUNK_ENTRIES_MAX + 1, 5_000])(
    '%i entries come out as they went in',
    async (count) => {
      const chunks = splitList(header, listOf(count));
      expect(chunks).toHaveLength(Math.max(1, Math.ceil(count / CHUNK_ENTRIES_MAX)));
      expect(Math.max(...chunks.map(bytesOf))).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
      expect(await entriesOf(chunks.map(({ list }) => list))).toEqual(listOf(count));
    },
  );

  test('names that do not compress make more chunks, not larger ones', async () => {
    const list = Array.from({ length: 1_000 }, () => ({ path: randomBytes(1_500).toString('base64'), size: 1 }));
    const chunks = splitList(header, list);
    expect(chunks.length).toBeGreaterThan(10);
    expect(Math.max(...chunks.map(bytesOf))).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    expect(await entriesOf(chunks.map(({ list }) => list))).toEqual(list);
    const smaller = splitList(header, list, CHUNK_BYTES_MAX / 4);
    expect(Math.max(...smaller.map(bytesOf))).toBeLessThanOrEqual(CHUNK_BYTES_MAX / 4);
    expect(await entriesOf(smaller.map(({ list }) => list))).toEqual(list);
  });

  test('a request with too many keys is refused, not sent too large', () => {
    const keys = Array.from({ length: 1_000 }, () => 'k'.repeat(255));
    expect(() => splitList({ ...header, keys }, listOf(1))).toThrow(expect.objectContaining({ code: 'payload' }));
  });
});

describe('putting together', () => {
  const entries = listOf(12);
  // Small chunks, made by hand from several splits of one list.
  const chunksOf = (parts: number): Chunk[] => {
    const lists = Array.from({ length: parts }, (_, n) =>
      splitList(header, entries.slice((n * 12) / parts, ((n + 1) * 12) / parts)),
    );
    return rejoin(lists.map(([chunk]) => (chunk as Chunk).list));
  };
  const feed = (chunks: Chunk[], assembler = expecting()) => chunks.flatMap((chunk) => assembler.accept(chunk) ?? []);
  const expecting = (limits?: { bytesMax?: number; chunksMax?: number }) => {
    const assembler = createAssembler(limits);
    assembler.expect({ id: header.id, generation: header.generation });
    return assembler;
  };

  test('any order, any repetition: the list comes out once, and whole', async () => {
    const chunks = chunksOf(6);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { maxLength: 30 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        async (noise, order) => {
          const answers = feed([...noise, ...order, ...noise].map((n) => chunks[n] as Chunk));
          expect(answers).toHaveLength(1);
          expect(answers[0]).toMatchObject(header);
          expect(await entriesOf(answers[0]?.lists ?? [])).toEqual(entries);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any loss: nothing comes out', () => {
    const chunks = chunksOf(6);
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.nat(5), { maxLength: 30 }), (lost, order) => {
        expect(feed(order.filter((n) => n !== lost).map((n) => chunks[n] as Chunk))).toEqual([]);
      }),
    );
  });

  test('any corruption, in any place and order: the right list or nothing', async () => {
    const chunks = chunksOf(4);
    const change = fc.oneof(
      fc.record({ list: fc.constantFrom('', 'AAAA', ...chunks.map(({ list }) => list)) }),
      fc.record({ n: fc.nat(6) }),
      fc.record({ of: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ seq: fc.nat(9) }),
      fc.record({ keys: fc.constantFrom([], ['20260102']) }),
      fc.record({ sha256: fc.stringMatching(/^[0-9a-f]{64}$/) }),
      fc.record({ generation: fc.constantFrom('g0', 'g1') }),
      fc.record({ id: fc.constantFrom('request-0', 'request-1') }),
    );
    const sent = fc.array(fc.tuple(fc.nat(3), fc.option(change, { nil: {} })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sent, async (messages) => {
        for (const answer of feed(
          messages.map(([n, changed]): Chunk => Object.assign({}, chunks[n] as Chunk, changed)),
        )) {
          expect(answer).toMatchObject({ id: 'request-1', generation: 'g1' });
          expect(await entriesOf(answer.lists)).toEqual(entries);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a damaged part does not stand in the way of a later whole set', async () => {
    const chunks = chunksOf(3);
    const damaged = { ...(chunks[1] as Chunk), list: 'AAAA' };
    expect(feed([chunks[0] as Chunk, damaged, chunks[2] as Chunk, ...chunks])).toHaveLength(1);
  });

  test('chunks of another request or generation are stale', () => {
    const assembler = expecting();
    const [only] = chunksOf(1) as [Chunk];
    expect(assembler.accept({ ...only, id: 'request-0' })).toBeUndefined();
    expect(assembler.accept({ ...only, generation: 'g0' })).toBeUndefined();
    assembler.expect({ id: 'request-2' });
    expect(assembler.accept(only)).toBeUndefined();
    assembler.forget();
    expect(assembler.accept({ ...only, id: 'request-2' })).toBeUndefined();
  });

  test('an answer that is split anew into smaller parts half way comes out too', () => {
    const [large, small] = [chunksOf(2), chunksOf(6)];
    expect(feed([large[0] as Chunk, ...small.slice(0, 3), ...small])).toHaveLength(1);
  });

  test('it keeps no more than its limit', () => {
    const chunks = chunksOf(6);
    const each = Math.max(...chunks.map(({ list }) => list.length));
    expect(feed(chunks, expecting({ bytesMax: 3 * each }))).toEqual([]);
    expect(feed(chunks, expecting({ chunksMax: 5 }))).toEqual([]);
    expect(feed(chunks, expecting({ bytesMax: 6 * each, chunksMax: 6 }))).toHaveLength(1);
  });

  function rejoin(lists: string[]): Chunk[] {
    const all = splitList(header, entries)[0] as Chunk;
    const sha256 = createHash('sha256').update(lists.join('')).digest('hex');
    return lists.map((list, n) => ({ ...all, n, of: lists.length, sha256, list }));
  }
});
