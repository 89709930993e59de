import { LIVE_FOR_MS } from '@vigie/agent/store/deliveries';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { tempFolder } from '../../support/temp.ts';

const receipt = receiptOf('size');

test('the live lane takes the newest first, the backfill lane the oldest', async () => {
  const { deliveries, file, clock } = await testLedger();
  for (const n of [1, 2, 3]) file(`d/old${n}.jpg`, { capturedAt: n });
  clock.advance(LIVE_FOR_MS + 1);
  for (const n of [4, 5, 6]) file(`d/new${n}.jpg`, { capturedAt: n });
  const order: string[] = [];
  for (
    let next = deliveries.claim('archive', ['live', 'backfill']);
    next;
    next = deliveries.claim('archive', ['live', 'backfill'])
  ) {
    order.push(next.path);
  }
  expect(order).toEqual(['d/new6.jpg', 'd/new5.jpg', 'd/new4.jpg', 'd/old1.jpg', 'd/old2.jpg', 'd/old3.jpg']);
});

test('a worker of the live lane leaves the backfill lane alone', async () => {
  const { deliveries, file, clock } = await testLedger();
  file('d/old.jpg');
  clock.advance(LIVE_FOR_MS + 1);
  expect(deliveries.claim('archive', ['live'])).toBeUndefined();
  expect(deliveries.claim('archive', ['live', 'backfill'])?.path).toBe('d/old.jpg');
});

test('a delivery that keeps failing lets the others pass, and comes again when its pause is over', async () => {
  const { deliveries, file, clock } = await testLedger();
  file('d/good.jpg', { capturedAt: 1 });
  file('d/poison.jpg', { capturedAt: 2 });
  const poison = deliveries.claim('archive', ['live']);
  if (poison?.path !== 'd/poison.jpg') throw new Error('the newest was not taken');
  const attempted = { code: 'stalled', message: 'nothing was acknowledged' };
  deliveries.release(poison, 'archive', { notBefore: clock.now() + 5_000, attempted });
  expect(deliveries.claim('archive', ['live'])?.path).toBe('d/good.jpg');
  expect(deliveries.claim('archive', ['live'])).toBeUndefined();
  expect(deliveries.nextDueAt('archive')).toBe(clock.now() + 5_000);
  clock.advance(5_000);
  expect(deliveries.claim('archive', ['live'])).toMatchObject({ path: 'd/poison.jpg', attempts: 1 });
});

test('only a receipt takes a delivery out of the backlog', async () => {
  const { deliveries, file, outbox } = await testLedger();
  file('d/a.jpg');
  const claimed = deliveries.claim('archive', ['live']);
  if (!claimed) throw new Error('nothing was due');
  expect(deliveries.backlog('garden', 'archive').count).toBe(1);
  deliveries.failed(claimed, 'archive', { code: 'conflict', message: 'other content' }, 0);
  expect(deliveries.backlog('garden', 'archive').count).toBe(1);
  const again = deliveries.claim('archive', ['backfill']);
  if (!again) throw new Error('a failed delivery was given up');
  deliveries.verified(again, 'archive', receipt);
  expect(deliveries.backlog('garden', 'archive')).toEqual({ count: 0, bytes: 0 });
  expect(deliveries.verifiedAmount('garden', 'archive')).toEqual({ count: 1, bytes: 100 });
  expect(deliveries.backlog('garden', 'mirror').count).toBe(1);
  expect(outbox.after(0, 10).map((e) => e.type)).toEqual(['captured', 'delivery-failed', 'delivered']);
});

test('what was being sent when the power went is pending again', async () => {
  const folder = await tempFolder();
  const first = await testLedger(folder);
  first.file('d/a.jpg');
  first.deliveries.claim('archive', ['live']);
  expect(first.deliveries.claim('archive', ['live'])).toBeUndefined();
  first.ledger[Symbol.dispose]();
  const { deliveries } = await testLedger(folder);
  expect(deliveries.claim('archive', ['live', 'backfill'])?.path).toBe('d/a.jpg');
});

test('an asset that has gone withdraws its deliveries with the reason', async () => {
  const { assets, deliveries, file } = await testLedger();
  file('d/a.jpg');
  const row = assets.find('d/a.jpg');
  if (!row) throw new Error('the asset is not there');
  assets.remove(row, 'removed by hand');
  expect(deliveries.backlog('garden', 'archive').count).toBe(0);
  expect(deliveries.standing(row.id, 'archive')).toMatchObject({ state: 'withdrawn', errorMessage: 'removed by hand' });
});

test('what a clock that was ahead has put off goes when the clock is set', async () => {
  const { deliveries, file, clock } = await testLedger();
  const DAY_MS = 86_400_000;
  const release = (path: string, notBefore: number) => {
    file(path);
    const claimed = deliveries.claim('archive', ['live']);
    if (!claimed) throw new Error('nothing is owed');
    deliveries.release(claimed, 'archive', { notBefore, attempted: { code: 'stalled', message: 'it stalled' } });
  };
  clock.advance(3 * DAY_MS);
  release('d/later.jpg', clock.now() + 60_000);
  clock.advance(-3 * DAY_MS);
  release('d/soon.jpg', clock.now() + 60_000);
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  deliveries.clockSet();
  // A pause of the usual length stays.
  expect(deliveries.claim('archive', ['live', 'backfill'])?.path).toBe('d/later.jpg');
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
});
