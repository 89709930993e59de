import {
  type Begun,
  CLAIMED_FOR_ONE,
  mayBegin,
  mayWait,
  type Sized,
  SMALL_BYTES,
} from '@vigie/agent/deliver/admission';
import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import { expect, test } from 'vitest';

const WORKERS = 2;
const ALL = WORKERS * TRANSFERS_PER_CONNECTION;
const of =
  (lane: Sized['lane'], size: number, isSent = false) =>
  (count: number) =>
    Array.from({ length: count }, (): Begun => ({ lane, size, isSent }));
const large = of('backfill', SMALL_BYTES + 1);
const sent = of('backfill', SMALL_BYTES + 1, true);
const small = of('backfill', SMALL_BYTES);
const oneLive = (size: number): Sized => ({ lane: 'live', size });

test('of large files one a worker goes at once, and a fresh one besides', () => {
  const next = large(1)[0] as Sized;
  expect(mayBegin(next, large(WORKERS - 1), WORKERS)).toBe(true);
  expect(mayBegin(next, large(WORKERS), WORKERS)).toBe(false);
  expect(mayBegin(oneLive(SMALL_BYTES + 1), large(WORKERS), WORKERS)).toBe(true);
  expect(mayBegin(oneLive(SMALL_BYTES + 1), large(WORKERS + 1), WORKERS)).toBe(false);
  expect(mayBegin(next, [], 1)).toBe(true);
});

test('while large files wait for their proof, as many others are sent', () => {
  const next = large(1)[0] as Sized;
  expect(mayBegin(next, [...sent(WORKERS), ...large(WORKERS - 1)], WORKERS)).toBe(true);
  expect(mayBegin(next, [...sent(WORKERS), ...large(WORKERS)], WORKERS)).toBe(false);
  expect(mayBegin(next, sent(2 * WORKERS), WORKERS)).toBe(false);
  expect(mayBegin(oneLive(SMALL_BYTES + 1), sent(2 * WORKERS), WORKERS)).toBe(true);
});

test('small files fill every place but one, which a fresh picture finds', () => {
  const next = small(1)[0] as Sized;
  expect(mayBegin(next, [...large(WORKERS), ...small(ALL - WORKERS - 2)], WORKERS)).toBe(true);
  expect(mayBegin(next, small(ALL - 1), WORKERS)).toBe(false);
  for (const size of [10, SMALL_BYTES, 10 * SMALL_BYTES])
    expect(mayBegin(oneLive(size), small(ALL - 1), WORKERS)).toBe(true);
  expect(mayBegin(oneLive(10), small(ALL), WORKERS)).toBe(false);
});

test('a few more are claimed than may be under way, and not all', () => {
  const [nextSmall, nextLarge] = [small(1)[0] as Sized, large(1)[0] as Sized];
  expect(mayWait(nextSmall, small(CLAIMED_FOR_ONE * ALL - 1), WORKERS)).toBe(true);
  expect(mayWait(nextSmall, small(CLAIMED_FOR_ONE * ALL), WORKERS)).toBe(false);
  expect(mayWait(nextLarge, [...small(ALL), ...large(2 * WORKERS - 1)], WORKERS)).toBe(true);
  expect(mayWait(nextLarge, large(2 * WORKERS), WORKERS)).toBe(false);
});
