import { mayBegin, type Sized, SMALL_BYTES } from '@vigie/agent/deliver/admission';
import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import { expect, test } from 'vitest';

const WORKERS = 2;
const ALL = WORKERS * TRANSFERS_PER_CONNECTION;
const of = (lane: Sized['lane'], size: number) => (count: number) =>
  Array.from({ length: count }, (): Sized => ({ lane, size }));
const large = of('backfill', SMALL_BYTES + 1);
const small = of('backfill', SMALL_BYTES);
const oneLive = (size: number): Sized => ({ lane: 'live', size });

test('of large files one a worker goes at once, and a fresh one besides', () => {
  const [next] = large(1) as [Sized];
  expect(mayBegin(next, large(WORKERS - 1), WORKERS)).toBe(true);
  expect(mayBegin(next, large(WORKERS), WORKERS)).toBe(false);
  expect(mayBegin(oneLive(SMALL_BYTES + 1), large(WORKERS), WORKERS)).toBe(true);
  expect(mayBegin(oneLive(SMALL_BYTES + 1), large(WORKERS + 1), WORKERS)).toBe(false);
  expect(mayBegin(next, [], 1)).toBe(true);
});

test('small files fill every place but one, which a fresh picture finds', () => {
  const [next] = small(1) as [Sized];
  expect(mayBegin(next, [...large(WORKERS), ...small(ALL - WORKERS - 2)], WORKERS)).toBe(true);
  expect(mayBegin(next, small(ALL - 1), WORKERS)).toBe(false);
  for (const size of [10, SMALL_BYTES, 10 * SMALL_BYTES])
    expect(mayBegin(oneLive(size), small(ALL - 1), WORKERS)).toBe(true);
  expect(mayBegin(oneLive(10), small(ALL), WORKERS)).toBe(false);
});
