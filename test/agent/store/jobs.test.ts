import { pack } from '@vigie/shared/protocol/inventory';
import type { JobOrder } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';

const receipt = receiptOf('size');

async function withArchive() {
  const ledger = await testLedger();
  for (const n of [1, 2, 3]) ledger.file(`20261122/${n}.jpg`);
  for (const n of [4, 5]) ledger.file(`20261123/${n}.jpg`);
  const { deliveries } = ledger;
  const send = () => {
    for (
      let next = deliveries.claim('archive', ['live', 'backfill']);
      next;
      next = deliveries.claim('archive', ['live', 'backfill'])
    ) {
      deliveries.verified(next, 'archive', receipt);
    }
  };
  send();
  const order = (version: number, want: JobOrder['want']): JobOrder => ({
    id: 'job-1',
    type: 'resync',
    version,
    want,
    createdAt: ledger.clock.now(),
    expiresAt: ledger.clock.now() + 1_000_000,
    by: 'ada',
    selection: { source: 'garden', destination: 'archive', replace: true, paths: pack([]) },
  });
  return { ...ledger, send, order };
}

test('a job owes its days and paths again, counts progress by receipts, and ends', async () => {
  const { jobs, deliveries, send, order } = await withArchive();
  const begun = jobs.begin(order(1, 'run'), {
    all: false,
    days: ['20261122'],
    paths: ['20261123/4.jpg', '20261123/none.jpg'],
  });
  expect(begun).toMatchObject({ state: 'RUNNING', total: { count: 5, bytes: 400 }, done: { count: 0 }, failed: 1 });
  const first = deliveries.claim('archive', ['backfill']);
  if (!first) throw new Error('nothing is owed');
  expect(first.replace).toBe(true);
  deliveries.verified(first, 'archive', receipt);
  expect(jobs.find('job-1')).toMatchObject({ done: { count: 1, bytes: 100 } });
  expect(jobs.settle()).toEqual([]);
  send();
  expect(jobs.settle()).toMatchObject([{ state: 'FAILED', done: { count: 4 }, failed: 1 }]);
});

test('a job whose every asset is proved succeeds', async () => {
  const { jobs, send, order } = await withArchive();
  jobs.begin(order(1, 'run'), { all: true, days: [], paths: [] });
  send();
  expect(jobs.settle()).toMatchObject([{ state: 'SUCCEEDED', total: { count: 5 }, done: { count: 5 }, failed: 0 }]);
});

test('a paused job sends nothing until it runs on; a cancelled one not at all', async () => {
  const { jobs, deliveries, send, order } = await withArchive();
  jobs.begin(order(1, 'run'), { all: true, days: [], paths: [] });
  expect(jobs.follow(order(2, 'pause')).state).toBe('PAUSED');
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  // An order that comes twice, or late, changes nothing.
  expect(jobs.follow(order(1, 'run')).state).toBe('PAUSED');
  expect(jobs.follow(order(3, 'run')).state).toBe('RUNNING');
  const one = deliveries.claim('archive', ['backfill']);
  if (!one) throw new Error('nothing is owed');
  deliveries.verified(one, 'archive', receipt);
  expect(jobs.follow(order(4, 'cancel'))).toMatchObject({ state: 'CANCELLED', done: { count: 1 } });
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  expect(deliveries.backlog('garden', 'archive').count).toBe(0);
  send();
  // Ordered anew, everything that is still owed goes.
  const anew = { ...order(1, 'run'), id: 'job-2' };
  expect(jobs.begin(anew, { all: true, days: [], paths: [] }).total.count).toBe(5);
  send();
  expect(jobs.find('job-2')).toMatchObject({ done: { count: 5 } });
});

test('what was owed before a re-sync named it is owed still when that one is cancelled, also while it is paused', async () => {
  const { jobs, deliveries, file, send, order } = await withArchive();
  file('20261123/6.jpg');
  jobs.begin(order(1, 'run'), { all: true, days: [], paths: [] });
  const later = { ...order(1, 'run'), id: 'job-2' };
  jobs.begin(later, { all: true, days: [], paths: [] });
  jobs.follow({ ...later, version: 2, want: 'pause' });
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  jobs.follow({ ...later, version: 3, want: 'cancel' });
  expect(deliveries.backlog('garden', 'archive').count).toBe(1);
  const owed = deliveries.claim('archive', ['live', 'backfill']);
  expect(owed).toMatchObject({ path: '20261123/6.jpg', replace: false });
  if (owed) deliveries.verified(owed, 'archive', receipt);
  send();
  expect(deliveries.backlog('garden', 'archive').count).toBe(0);
});

test('a job that its time is over for says so', async () => {
  const { jobs, order, clock } = await withArchive();
  jobs.begin(order(1, 'run'), { all: true, days: [], paths: [] });
  clock.advance(2_000_000);
  expect(jobs.settle()).toMatchObject([{ state: 'TIMED_OUT' }]);
});

test('what a paused job has held back is due again when its time is over', async () => {
  const { jobs, deliveries, order, clock } = await withArchive();
  jobs.begin(order(1, 'run'), { all: true, days: [], paths: [] });
  jobs.follow(order(2, 'pause'));
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  clock.advance(2_000_000);
  expect(jobs.settle()).toMatchObject([{ state: 'TIMED_OUT' }]);
  expect(deliveries.claim('archive', ['live', 'backfill'])?.path).toBe('20261122/1.jpg');
});
