import { createJobRunner } from '@vigie/agent/resync/job-runner';
import { createOperatorJobs } from '@vigie/agent/resync/operator-jobs';
import { silentLog } from '@vigie/shared/kit/log';
import type { JobOrder, Message } from '@vigie/shared/protocol/messages';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { until } from '../../support/temp.ts';

const GARDEN = { source: 'garden', destination: 'archive', replace: false, preview: false };
const signal = new AbortController().signal;

/** Operators' jobs over a real ledger that holds three assets, none of them delivered. */
async function ordering() {
  const parts = await testLedger();
  const { jobs, clock } = parts;
  const updates: Message<'job/update'>[] = [];
  let linked = true;
  const destinationsOf = (source: string) => (source === 'garden' ? ['archive', 'mirror'] : undefined);
  const runner = createJobRunner({
    jobs,
    destinationsOf,
    async tell(update) {
      if (!linked) throw new Error('no link');
      updates.push(structuredClone(update));
    },
    begun: () => undefined,
    clock: { ...clock, sleep: (_, aborted) => new Promise((resolve) => setTimeout(resolve, aborted?.aborted ? 0 : 5)) },
    log: silentLog,
  });
  const operator = createOperatorJobs({ jobs, runner, destinationsOf, clock });
  for (const path of ['20261101/a.jpg', '20261101/b.jpg', '20261102/c.jpg']) parts.file(path);
  const resync = (id: string, args: object) => operator.resync({ ...GARDEN, ...args }, signal, { id, by: 'ada' });
  /** Lets the runner tell what it has to, until the test ends. */
  const run = () => {
    const over = new AbortController();
    const running = runner.run(over.signal);
    onTestFinished(async () => {
      over.abort();
      await running;
    });
  };
  return { ...parts, runner, operator, updates, resync, run, link: (up: boolean) => (linked = up) };
}

test('a preview measures by the ledger and orders nothing', async () => {
  const { deliveries, operator, resync } = await ordering();
  const claimed = deliveries.claim('archive', ['live']);
  if (!claimed) throw new Error('nothing is owed to the archive');
  deliveries.verified(claimed, 'archive', receiptOf('size', claimed.size));
  const amount = (count: number) => ({ count, bytes: count * 100 });
  expect(await resync('p', { all: true, preview: true })).toMatchObject({
    ...{ preview: true, total: amount(3), verified: amount(1), toDeliver: amount(2), absent: 0 },
  });
  expect(await resync('q', { paths: ['20261102/c.jpg', 'gone.jpg'], preview: true })).toMatchObject({
    ...{ total: amount(1), absent: 1 },
  });
  expect(operator.jobs()).toEqual({ jobs: [] });
});

test('one command makes one job, whatever comes twice', async () => {
  const { resync, operator } = await ordering();
  const job = await resync('r-1', { days: ['20261101'], expiryMs: 5_000 });
  expect(job).toMatchObject({ state: 'RUNNING', origin: 'operator', by: 'operator ada', total: { count: 2 } });
  expect(await resync('r-1', { days: ['20261101'] })).toEqual(job);
  expect(operator.jobs().jobs).toHaveLength(1);
});

test('what names nothing, or what there is not, is refused', async () => {
  const { resync, operator } = await ordering();
  await expect(resync('a', {})).rejects.toMatchObject({ code: 'arguments' });
  await expect(resync('b', { all: true, source: 'roof' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(resync('c', { all: true, destination: 'tape' })).rejects.toMatchObject({
    message: expect.stringContaining('archive, mirror'),
  });
  await expect(operator.job({ job: 'none' }, signal, { id: 'd' })).rejects.toMatchObject({ code: 'not-found' });
  for (let n = 0; n < 16; n++) await resync(`n-${n}`, { paths: ['20261101/a.jpg'], destination: 'mirror' });
  await expect(resync('one-more', { all: true })).rejects.toMatchObject({ code: 'limit' });
});

test('a job is paused, resumed and cancelled at the device, each as a newer version', async () => {
  const { resync, operator, jobs } = await ordering();
  const { job } = (await resync('r', { all: true })) as { job: string };
  const order = (order: 'pause' | 'resume' | 'cancel') =>
    operator.job({ job, order }, signal, { id: order, by: 'bob' });
  expect(await order('pause')).toMatchObject({ state: 'PAUSED', want: 'pause', by: 'operator bob' });
  expect(await order('pause')).toMatchObject({ state: 'PAUSED' });
  expect(await order('resume')).toMatchObject({ state: 'RUNNING', want: 'run' });
  expect(await order('cancel')).toMatchObject({ state: 'CANCELLED' });
  expect(jobs.find(job)?.order).toMatchObject({ version: 4, origin: 'operator' });
  await expect(order('resume')).rejects.toMatchObject({ code: 'conflict' });
});

test('the hub is told the whole order once a connection, also of a job that ended while it was away', async () => {
  const { resync, operator, runner, updates, run, link } = await ordering();
  link(false);
  const { job } = (await resync('r', { all: true })) as { job: string };
  await operator.job({ job, order: 'cancel' }, signal, { id: 'x' });
  run();
  link(true);
  runner.connected();
  await until('it is told', () => updates.length === 1);
  expect(updates[0]).toMatchObject({
    id: job,
    state: 'CANCELLED',
    order: { origin: 'operator', selection: { all: true } },
  });
  runner.connected();
  await until('a hub that may be new is told again', () => updates.length === 2);
  expect(updates[1]?.order?.id).toBe(job);
});

test('an order that was paused before it came begins as paused', async () => {
  const { runner, jobs } = await ordering();
  const order: JobOrder = {
    ...{ id: 'resync-1', type: 'resync', version: 2, want: 'pause', createdAt: 1, expiresAt: 9e15, by: 'ada' },
    selection: { source: 'garden', destination: 'archive', all: true, replace: false },
  };
  await runner.orders([order]);
  expect(jobs.find('resync-1')?.state).toBe('PAUSED');
  await runner.orders([{ ...order, want: 'run', version: 3 }]);
  expect(jobs.find('resync-1')?.state).toBe('RUNNING');
});

test('assets that a later job names go with that one, and the earlier ends', async () => {
  const { resync, jobs } = await ordering();
  const { job } = (await resync('first', { days: ['20261101'] })) as { job: string };
  expect(jobs.settle()).toEqual([]);
  const second = (await resync('second', { all: true })) as { job: string };
  expect(jobs.settle()).toMatchObject([{ order: { id: job }, state: 'CANCELLED' }]);
  expect(jobs.find(job)?.message).toBe('a later re-sync has taken over 2 of 2');
  expect(jobs.find(second.job)?.state).toBe('RUNNING');
});
