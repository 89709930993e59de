import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLAIMED_FOR_ONE, SMALL_BYTES } from '@vigie/agent/deliver/admission';
import { createTransfers } from '@vigie/agent/deliver/transfers';
import type { Claimed, Lane } from '@vigie/agent/store/deliveries';
import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import { expect, test } from 'vitest';

/** Transfers that end when the test says so, by their numbers in the order in which they were claimed. */
function site() {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  let open = true;
  const transfers = createTransfers({
    workers: 1,
    carry({ id }) {
      begun.push(id);
      return new Promise((end) => ends.set(id, end));
    },
    mayGoOn: () => open,
  });
  let count = 0;
  const claims = (lane: Lane, size: number, wanted: number): Claimed[] => {
    const taken: Claimed[] = [];
    while (taken.length < wanted) {
      const next = { id: count, lane, size } as Claimed;
      if (!transfers.takes(next, taken)) break;
      count += 1;
      taken.push(next);
    }
    transfers.add(taken);
    return taken;
  };
  return {
    begun,
    transfers,
    claims,
    close() {
      open = false;
    },
    async end(id: number) {
      ends.get(id)?.();
      await nextTurn();
    },
  };
}

test('what is claimed ahead begins as others end; a fresh picture goes before it and finds the place that is kept for it', async () => {
  const { begun, transfers, claims, end } = site();
  const places = TRANSFERS_PER_CONNECTION;
  expect(claims('backfill', SMALL_BYTES, 100)).toHaveLength(CLAIMED_FOR_ONE * places);
  await nextTurn();
  expect(begun).toEqual(Array.from({ length: places - 1 }, (_, n) => n));
  expect(transfers.ahead).toBe((CLAIMED_FOR_ONE - 1) * places + 1);

  const [fresh, further] = claims('live', SMALL_BYTES, 2);
  await nextTurn();
  expect(begun.at(-1)).toBe(fresh?.id);
  await end(0);
  expect(begun.at(-1), 'the second fresh one, before the backlog').toBe(further?.id);
  await end(1);
  await end(2);
  expect(begun.at(-1), 'then the backlog in its order').toBe(places - 1);
});

test('a large file begins once the bytes of the one before are on their way', async () => {
  const { begun, transfers, claims, end } = site();
  const [first, second] = claims('backfill', 10 * SMALL_BYTES, 5) as [Claimed, Claimed];
  await nextTurn();
  expect(begun).toEqual([first.id]);
  transfers.sent(first);
  await nextTurn();
  expect(begun).toEqual([first.id, second.id]);
  expect(transfers.underWay).toBe(2);
  await end(first.id);
  expect(transfers.underWay).toBe(1);
});

test('what is claimed ahead can be called back, and does not begin where it may not go on', async () => {
  const { begun, transfers, claims, close, end } = site();
  const all = claims('backfill', SMALL_BYTES, 100);
  await nextTurn();
  const count = begun.length;
  close();
  await end(0);
  expect(begun).toHaveLength(count);
  expect(transfers.recall()).toEqual(all.slice(count));
  expect(transfers.ahead).toBe(0);
});
