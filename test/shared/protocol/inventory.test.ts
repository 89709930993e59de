import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Entry } from '@vigie/shared/protocol/asset';
import {
  adjust,
  type Bucket,
  bucketSchema,
  combine,
  EMPTY_DIGEST,
  entryDigest,
  entryListSchema,
  INFLATED_BYTES_MAX,
  pack,
  unpack,
} from '@vigie/shared/protocol/inventory';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const entry: fc.Arbitrary<Entry> = fc.record(
  {
    path: fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).filter((path) => !/[\ud800-\udfff\0]/.test(path)),
    size: fc.nat(),
    sha256: digest,
    unreadable: fc.string({ maxLength: 10 }),
  },
  { requiredKeys: ['path', 'size'] },
);
const entries = fc.uniqueArray(entry, { selector: ({ path }) => path, maxLength: 30 });
const empty: Bucket = { day: '20260101', count: 0, bytes: 0, digest: EMPTY_DIGEST };
const bucketOf = (list: Entry[]) => list.reduce((bucket, one) => adjust(bucket, one, 1), empty);

test('digests combine in any order, and each is its own opposite', () => {
  fc.assert(
    fc.property(digest, digest, digest, (a, b, c) => {
      expect(combine(a, b)).toBe(combine(b, a));
      expect(combine(combine(a, b), c)).toBe(combine(a, combine(b, c)));
      expect(combine(combine(a, b), b)).toBe(a);
      expect(combine(a, EMPTY_DIGEST)).toBe(a);
      expect(combine(a, b)).toMatch(/^[0-9a-f]{64}$/);
    }),
  );
});

test("a bucket's figures depend on what is in it alone, not on how it came there", () => {
  fc.assert(
    fc.property(entries, entries, fc.gen(), (list, passing, gen) => {
      const order = gen(() => fc.shuffledSubarray(list, { minLength: list.length }));
      const visited = passing.reduce(
        (bucket, one) => adjust(bucket, one, -1),
        order.reduce((bucket, one) => adjust(bucket, one, 1), bucketOf(passing)),
      );
      expect(visited).toEqual(bucketOf(list));
    }),
  );
});

test('any difference shows in the digest', () => {
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      const facts = ({ path, size, sha256, unreadable }: Entry) =>
        JSON.stringify([path, size, sha256 ?? '', unreadable !== undefined]);
      expect(entryDigest(a) === entryDigest(b)).toBe(facts(a) === facts(b));
    }),
  );
  expect(entryDigest({ path: 'a', size: 1 })).toBe(createHash('sha256').update('a\x001\0\0').digest('hex'));
});

test('a packed list comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      expect(await unpack(pack(list), entryListSchema)).toEqual(list);
    }),
  );
});

test('a list that is damaged, too large or of another form is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(INFLATED_BYTES_MAX + 1, ' ')).toString('base64');
  const whole = pack([{ path: 'a', size: 1 }]);
  const deep = gzipSync('['.repeat(100_000) + ']'.repeat(100_000)).toString('base64');
  for (const text of [
    '',
    'AAAA',
    bomb,
    deep,
    whole.slice(0, -8),
    pack([{ path: '', size: 1 }]),
    pack({}),
    pack([{ size: -1, path: 'a' }]),
  ]) {
    await expect(unpack(text, entryListSchema)).rejects.toMatchObject({ code: 'payload' });
  }
  expect(await unpack(pack([empty]), bucketSchema.array())).toEqual([empty]);
});
