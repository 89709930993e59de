import { createGate } from '@vigie/agent/deliver/limits/gate';
import { limitsConfig } from '@vigie/agent/deliver/limits/limits-config';
import { LIVE_FOR_MS } from '@vigie/agent/store/deliveries';
import { firstOf, queueOf, ranked } from '@vigie/agent/store/delivery-queues';
import { deliveryStatements } from '@vigie/agent/store/delivery-statements';
import { expect, test } from 'vitest';
import { handClock, testLedger } from '../../support/ledger.ts';
import { fillWithAssets } from '../../support/many-assets.ts';
import { receiptOf } from '../../support/receipt.ts';

const NOON = Date.parse('2026-11-23T12:00Z');

test('queues of a lane go by rank: what failed before goes last, put off ones not at all', () => {
  const names = [
    'backfill/0/0/0/garden/jpg',
    'live/0/3/0/garden/jpg',
    'live/0/1/0/garden/jpg',
    'live/0/0/1/garden/raw',
    'live/1/0/0/garden/jpg',
  ];
  const ranks = ranked(names.map(queueOf), 'live').map((queues) => queues.map(({ name }) => name));
  expect(ranks).toEqual([['live/0/0/1/garden/raw'], ['live/0/1/0/garden/jpg'], ['live/0/3/0/garden/jpg']]);
  const lists = [[{ capturedAt: 1 }, { capturedAt: 4 }], [{ capturedAt: 2 }]];
  expect(firstOf(lists, 'backfill', 2).map(({ capturedAt }) => capturedAt)).toEqual([1, 2]);
});

test.each(['backfill', 'live'] as const)('what fails each time keeps nothing of the %s lane waiting', async (lane) => {
  const { deliveries, file, clock } = await testLedger();
  for (const n of [1, 2, 3, 4]) file(`d/${n}.jpg`, { capturedAt: lane === 'live' ? 5 - n : n });
  if (lane === 'backfill') clock.advance(LIVE_FOR_MS + 1);
  const order: string[] = [];
  for (let tries = 0; tries < 7; tries++) {
    const next = deliveries.claim('archive', ['live', 'backfill']);
    if (!next) break;
    order.push(next.path);
    const attempted = { code: 'stalled', message: 'it stalled' };
    if (next.path === 'd/1.jpg') deliveries.release(next, 'archive', { notBefore: clock.now() + 1, attempted });
    else deliveries.verified(next, 'archive', receiptOf('size'));
    clock.advance(10);
  }
  expect(order.slice(0, 5)).toEqual([1, 2, 3, 4, 1].map((n) => `d/${n}.jpg`));
});

test('every question about what is owed is answered from an index, without sorting', async () => {
  const { ledger } = await testLedger();
  const { next, oldestOf, putOffUntil, takeUp, leaveBehind } = deliveryStatements(ledger);
  const inQueue = 'delivery_queue (destination=? AND queue=?)';
  const putOff = 'delivery_put_off (destination=?';
  const asked = [
    { of: next.live, by: inQueue },
    { of: next.backfill, by: inQueue },
    { of: oldestOf, by: inQueue },
    { of: putOffUntil, by: putOff },
    { of: takeUp, by: putOff },
    { of: leaveBehind, by: 'delivery_queue (destination=? AND queue>? AND queue<?)' },
  ];
  for (const { of, by } of asked) {
    const { sql, params } = of.getQuery();
    const plan = ledger.sqlite.prepare(`explain query plan ${sql}`).all(...params.map(() => 1)) as { detail: string }[];
    const steps = plan.map(({ detail }) => detail).join('; ');
    expect(steps).toContain(by);
    expect(steps).not.toMatch(/SCAN|TEMP B-TREE/);
  }
});

test('with 30,000 owed of which most have to wait, what may go is found at once, and nothing is put off one by one', async () => {
  const gate = createGate(limitsConfig.parse({ windows: [{ kinds: ['raw'], open: ['22:00-06:00'] }] }), 'UTC');
  const clock = handClock(NOON);
  const { deliveries, ledger } = await testLedger(undefined, clock, () => gate);
  fillWithAssets(ledger, 30_000, 'pending', [...Array.from({ length: 99 }, () => 'raw'), 'jpg']);
  const changes = () => ledger.sqlite.prepare('select total_changes()').pluck().get() as number;
  const before = changes();
  deliveries.claim('archive', ['live', 'backfill']);
  const started = performance.now();
  for (let n = 0; n < 100; n++) {
    expect(deliveries.claim('archive', ['live', 'backfill'])?.kind).toBe('jpg');
    expect(deliveries.nextDueAt('archive')).toBe(NOON);
    expect(deliveries.oldestAt('garden', 'archive')).toBe(1_000);
  }
  expect((performance.now() - started) / 100).toBeLessThan(20);
  // Each claim changes its row and the two figures of the states that it leaves and enters.
  expect(changes() - before).toBeLessThan(101 * 5);
});
