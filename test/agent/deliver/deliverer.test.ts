import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import { judge } from '@vigie/agent/deliver/judge';
import { createDeliveryPauses } from '@vigie/agent/store/delivery-pauses';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import type { Receipt, RemoteFolder, Upload } from '@vigie/shared/remote/remote-folder';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { until } from '../../support/temp.ts';

const receipt = receiptOf('size');
const { capabilities } = receipt;

/** A destination whose answer to each upload is given by the test. */
function remoteThat(store: (upload: Upload) => Receipt, slow?: (upload: Upload) => Promise<void>): RemoteFolder {
  const nothing = async () => {
    throw new VigieError('not-found', 'nothing is read here');
  };
  return {
    capabilities: Promise.resolve(capabilities),
    async store(upload) {
      await slow?.(upload);
      return store(upload);
    },
    async *list() {},
    async *folders() {},
    days: async () => [],
    read: nothing,
    look: nothing,
    digest: nothing,
    probe: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function delivering(
  store: (upload: Upload) => Receipt,
  options: { workers?: number; storage?: 'absent'; slow?: (upload: Upload) => Promise<void> } = {},
) {
  const ledger = await testLedger();
  const pauses = createDeliveryPauses(ledger.ledger, ledger.clock);
  const lost: string[] = [];
  const deliverer = createDeliverer({
    destination: 'archive',
    remote: remoteThat(store, options.slow),
    deliveries: ledger.deliveries,
    locate: (row) => `/held/${row.path}`,
    address: (row) => row.path,
    lost(row) {
      if (options.storage === 'absent') return false;
      lost.push(row.path);
      ledger.assets.remove(row, 'gone');
      return true;
    },
    changed: () => undefined,
    paused: () => pauses.of('archive'),
    workers: options.workers ?? 1,
    proof: 'size',
    backoff: { baseMs: 5, capMs: 20 },
    // The ledger's clock stands, so that pauses of deliveries end when the test says so.
    clock: { ...systemClock, now: ledger.clock.now },
    random: () => 0.5,
    log: silentLog,
  });
  const stop = new AbortController();
  const start = () => {
    const running = deliverer.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await running;
    });
  };
  return { ...ledger, deliverer, lost, start, pauses };
}

test('a destination that is away keeps everything queued, says why, and gets it once it is back', async () => {
  let away = true;
  const stored: string[] = [];
  const site = await delivering((upload) => {
    if (away) throw new VigieError('unreachable', 'connect: refused', { retryable: true, hint: 'is the server on?' });
    stored.push(upload.path);
    return receipt;
  });
  for (const n of [1, 2, 3]) site.file(`d/${n}.jpg`, { capturedAt: n });
  site.start();
  await until('the destination waits', () => site.deliverer.condition().error !== null);
  expect(site.deliverer.condition()).toMatchObject({
    state: 'waiting',
    error: { code: 'unreachable', hint: 'is the server on?' },
  });
  expect(site.deliveries.backlog('garden', 'archive').count).toBe(3);
  away = false;
  await until('the queue is empty', () => site.deliveries.backlog('garden', 'archive').count === 0);
  expect(stored).toEqual(['d/3.jpg', 'd/2.jpg', 'd/1.jpg']);
  expect(site.deliverer.condition().error).toBeNull();
});

test('a file that breaks every connection does not hold up the others', async () => {
  const site = await delivering(({ path }) => {
    if (path === 'd/poison.jpg') throw new VigieError('connection-lost', 'the connection broke', { retryable: true });
    return receipt;
  });
  site.file('d/a.jpg', { capturedAt: 1 });
  site.file('d/poison.jpg', { capturedAt: 2 });
  site.start();
  await until('the other one is delivered', () => site.deliveries.verifiedAmount('garden', 'archive').count === 1);
  expect(site.deliveries.backlog('garden', 'archive').count).toBe(1);
});

test('a conflict waits for another order and is told', async () => {
  const site = await delivering(() => {
    throw new VigieError('conflict', 'store "d/a.jpg": other content lies there');
  });
  site.file('d/a.jpg');
  site.start();
  await until('it is told', () => site.outbox.after(0, 10).some((e) => e.type === 'delivery-failed'));
  const row = site.assets.find('d/a.jpg');
  expect(site.deliveries.standing(row?.id as number, 'archive')).toMatchObject({ state: 'failed' });
  expect(site.deliverer.condition().error).toBeNull();
});

test('a file that is gone leaves the inventory; while the whole storage is absent nothing is gone', async () => {
  const gone = () => {
    throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
  };
  const site = await delivering(gone);
  site.file('d/a.jpg');
  site.start();
  await until('it is removed', () => site.lost.length === 1);
  expect(site.assets.held().count).toBe(0);

  const unmounted = await delivering(gone, { storage: 'absent' });
  unmounted.file('d/a.jpg');
  unmounted.start();
  await until('it was tried', () => unmounted.deliveries.nextDueAt('archive') !== 0);
  expect(unmounted.assets.held().count).toBe(1);
  expect(unmounted.deliveries.backlog('garden', 'archive').count).toBe(1);
});

test.each([
  ['host-key', 'destination'],
  ['destination-full', 'destination'],
  ['stalled', 'connection'],
  ['conflict', 'hopeless'],
  ['source-changed', 'hopeless'],
  ['anything-else', 'asset'],
] as const)('%s is about the %s', (code, about) => {
  expect(judge(new VigieError(code, 'x')).about).toBe(about);
});

test('while an operator has paused a destination nothing goes there; it goes on by itself at the end of the pause, or at once when resumed', async () => {
  const stored: string[] = [];
  const site = await delivering(({ path }) => {
    stored.push(path);
    return receipt;
  });
  const now = site.clock.now();
  site.pauses.pause('archive', { at: now, by: 'operator ada', until: now + 60_000 });
  site.file('d/a.jpg');
  site.start();
  expect(site.deliverer.condition()).toMatchObject({ state: 'stopped', error: { code: 'paused' } });
  expect(site.deliverer.condition().error?.message).toContain('operator ada');
  // It outlasts a restart.
  expect(createDeliveryPauses(site.ledger, site.clock).of('archive')).toMatchObject({ by: 'operator ada' });
  expect(stored).toEqual([]);
  site.clock.advance(60_000);
  site.deliverer.wake();
  await until('it has gone', () => stored.length === 1);
  expect(site.deliverer.condition().error).toBeNull();

  site.pauses.pause('archive', { at: now, by: 'operator ada', until: null });
  site.file('d/b.jpg');
  site.deliverer.wake();
  expect(site.deliverer.condition().error?.code).toBe('paused');
  site.pauses.resume('archive');
  site.deliverer.wake();
  await until('the other one has gone', () => stored.length === 2);
  expect(createDeliveryPauses(site.ledger, site.clock).of('archive')).toBeUndefined();
});

test('many small files go at once, large ones one a worker, and their receipts share transactions', async () => {
  const answers: (() => void)[] = [];
  let atOnce = 0;
  let most = { small: 0, large: 0 };
  const under = { small: 0, large: 0 };
  const site = await delivering(() => receipt, {
    slow: async ({ size }) => {
      const sort = size > 1_000_000 ? 'large' : 'small';
      under[sort] += 1;
      atOnce += 1;
      most = { small: Math.max(most.small, under.small), large: Math.max(most.large, under.large) };
      await new Promise<void>((answer) => answers.push(answer));
      under[sort] -= 1;
      atOnce -= 1;
    },
  });
  let commits = 0;
  const together = site.deliveries.together;
  site.deliveries.together = (work) => {
    commits += 1;
    return together(work);
  };
  const owed = () => site.deliveries.backlog('garden', 'archive').count;
  const lots = 40;
  for (let n = 0; n < lots; n++) site.file(`d/${n}.jpg`, { capturedAt: 1000 - n, size: 1_000 });
  for (let n = 0; n < 3; n++) site.file(`d/large-${n}.jpg`, { capturedAt: n, size: 5_000_000 });
  site.start();
  while (owed() > 0) {
    await until('some are under way', () => answers.length > 0 || owed() === 0);
    for (const answer of answers.splice(0)) answer();
    await until('they have been told', () => answers.length > 0 || owed() === 0);
  }
  expect(atOnce).toBe(0);
  expect(most.small).toBe(TRANSFERS_PER_CONNECTION);
  // One worker, and the place that is kept for fresh pictures: all of these are fresh.
  expect(most.large).toBe(2);
  expect(commits).toBeLessThan(lots);
});

test('what fails together counts as one failure, and one delivery alone tries again', async () => {
  let tries = 0;
  let under = 0;
  let most = 0;
  const site = await delivering(
    () => {
      throw new VigieError('unreachable', 'connect: no route', { retryable: true });
    },
    {
      slow: async () => {
        tries += 1;
        if (tries > TRANSFERS_PER_CONNECTION) most = Math.max(most, ++under);
        await new Promise((answer) => setImmediate(answer));
        if (tries > TRANSFERS_PER_CONNECTION) under -= 1;
      },
    },
  );
  for (let n = 0; n < 20; n++) site.file(`d/${n}.jpg`);
  site.start();
  await until('it was tried again and again', () => tries > TRANSFERS_PER_CONNECTION + 3);
  expect(most).toBeLessThanOrEqual(1);
  expect(site.deliveries.backlog('garden', 'archive').count).toBe(20);
});
