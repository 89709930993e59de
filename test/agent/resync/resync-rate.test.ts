import { openResyncRate } from '@vigie/agent/agent-drill';
import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import { silentLog } from '@vigie/shared/kit/log';
import type { RemoteFolder, Upload } from '@vigie/shared/remote/remote-folder';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { until } from '../../support/temp.ts';

test('re-syncs keep to the rate that the hub tells, fresh pictures do not, and a restart keeps to it too', async () => {
  const { ledger, clock, deliveries, jobs, file } = await testLedger();
  const rate = openResyncRate(ledger, clock);
  rate.told(50_000);
  expect(ledger.sqlite.prepare("select value from fact where key = 'resync-rate'").get()).toEqual({ value: '50000' });

  const slept: number[] = [];
  const timed = {
    ...clock,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.advance(ms);
    },
  };
  const restarted = openResyncRate(ledger, timed);
  const paced: Record<string, number> = {};
  const remote = {
    async store({ path, pace, size }: Upload) {
      const before = slept.length;
      // A first portion goes at once, and is paid for before the next one.
      await pace?.up(size);
      await pace?.up(size);
      paced[path] = slept.slice(before).reduce((sum, ms) => sum + ms, 0);
      return { level: 'size', size, sha256: null, sent: true, capabilities: {} };
    },
    [Symbol.asyncDispose]: async () => undefined,
  } as unknown as RemoteFolder;
  const stop = new AbortController();
  const deliverer = createDeliverer({
    ...{ destination: 'archive', remote, deliveries, workers: 1, proof: 'size', changed: () => undefined },
    ...{ locate: () => '/nowhere', address: (row) => row.path, lost: () => false, random: () => 0, log: silentLog },
    clock: {
      ...clock,
      sleep: (_, signal) => until('it is woken', () => signal?.aborted === true, 10_000).then(() => undefined),
    },
    backoff: { baseMs: 1, capMs: 1 },
    resyncPace: restarted.pace,
  });
  file('20261123/old.jpg', { size: 100_000 });
  const running = deliverer.run(stop.signal);
  await until('the fresh one is there', () => '20261123/old.jpg' in paced);
  expect(paced['20261123/old.jpg']).toBe(0);
  await until('it is verified', () => deliveries.verifiedAmount('garden', 'archive').count === 1);
  delete paced['20261123/old.jpg'];
  jobs.begin(
    {
      ...{ id: 'resync-1', type: 'resync', version: 1, want: 'run', createdAt: 0, expiresAt: 9e15, by: 'ada' },
      selection: { source: 'garden', destination: 'archive', all: true, replace: false },
    },
    { all: true, days: [], paths: [] },
  );
  deliverer.wake();
  await until('the re-sync is done', () => '20261123/old.jpg' in paced);
  // 100,000 bytes at 50,000 bytes a second.
  expect(paced['20261123/old.jpg']).toBe(2_000);
  stop.abort();
  deliverer.wake();
  await running;
});
