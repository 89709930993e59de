import { createGate } from '@vigie/agent/deliver/limits/gate';
import { limitsConfig } from '@vigie/agent/deliver/limits/limits-config';
import { expect, test } from 'vitest';
import { handClock, testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

const NOON = Date.parse('2026-11-23T12:00Z');
const HOUR = 3_600_000;

const limited = (limits: object) => {
  const gate = createGate(limitsConfig.parse(limits), 'UTC');
  return (destination: string) => (destination === 'archive' ? gate : undefined);
};
const RAW_AT_NIGHT = { windows: [{ kinds: ['raw'], open: ['22:00-06:00'] }] };

type Store = Awaited<ReturnType<typeof testLedger>>;
/** Everything that may go now, in order; it counts as delivered. */
function deliverAll({ deliveries }: Store, destination = 'archive'): string[] {
  const paths: string[] = [];
  for (;;) {
    const claimed = deliveries.claim(destination, ['live', 'backfill']);
    if (!claimed) return paths;
    paths.push(claimed.path);
    const capabilities = { fsync: true, atomicReplace: true, freeSpace: true };
    deliveries.verified(claimed, destination, { level: 'size', size: 100, sha256: null, sent: true, capabilities });
  }
}

test('what has to wait goes in its hours, and what may go does not wait behind it', async () => {
  const clock = handClock(NOON);
  const store = await testLedger(undefined, clock, limited(RAW_AT_NIGHT));
  for (let n = 0; n < 30; n++) store.file(`d/${n}.cr3`, { capturedAt: NOON + n });
  store.file('d/a.jpg', { capturedAt: NOON - HOUR });
  expect(deliverAll(store)).toEqual(['d/a.jpg']);
  expect(store.deliveries.backlog('garden', 'archive').count).toBe(30);
  expect(store.deliveries.nextDueAt('archive')).toBe(NOON + 10 * HOUR);
  // The other destination has no such limit.
  expect(deliverAll(store, 'mirror')).toHaveLength(31);
  clock.advance(10 * HOUR - 1);
  expect(deliverAll(store)).toEqual([]);
  clock.advance(1);
  expect(deliverAll(store)).toHaveLength(30);
});

test('what its hours were too short for waits for the next ones', async () => {
  const clock = handClock(NOON);
  const store = await testLedger(undefined, clock, limited(RAW_AT_NIGHT));
  store.file('d/a.cr3');
  expect(deliverAll(store)).toEqual([]);
  clock.advance(19 * HOUR);
  expect(deliverAll(store)).toEqual([]);
  expect(store.deliveries.nextDueAt('archive')).toBe(NOON + 34 * HOUR);
});

test('one in so many goes at once, the rest later, oldest first', async () => {
  const clock = handClock(NOON);
  const store = await testLedger(undefined, clock, limited({ thin: { oneIn: 4, rest: ['22:00-06:00'] } }));
  for (let n = 0; n < 9; n++) store.file(`d/${n}.jpg`, { capturedAt: NOON + n });
  expect(deliverAll(store)).toEqual(['d/8.jpg', 'd/4.jpg', 'd/0.jpg']);
  clock.advance(10 * HOUR);
  expect(deliverAll(store)).toEqual(['1', '2', '3', '5', '6', '7'].map((n) => `d/${n}.jpg`));
});

test('limits that are changed count from the next start; pauses and failures stay what they were', async () => {
  const folder = await tempFolder();
  const clock = handClock(NOON);
  const before = await testLedger(folder, clock, limited(RAW_AT_NIGHT));
  before.file('d/a.cr3');
  before.file('d/poison.jpg');
  const poison = before.deliveries.claim('archive', ['live']);
  expect(poison?.path).toBe('d/poison.jpg');
  const failure = { code: 'connection-lost', message: 'the connection broke' };
  if (poison) before.deliveries.release(poison, 'archive', { notBefore: NOON + 300_000, attempted: failure });
  expect(deliverAll(before)).toEqual([]);

  const after = await testLedger(folder, clock);
  expect(deliverAll(after)).toEqual(['d/a.cr3']);
  clock.advance(300_000);
  expect(deliverAll(after)).toEqual(['d/poison.jpg']);
});
