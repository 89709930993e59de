import { createEventSender } from '@vigie/agent/hub-link/events';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { until } from '../../support/temp.ts';

async function sending() {
  const site = await testLedger();
  const sent: { seq: number; historical: boolean }[] = [];
  const link = { open: true, broken: false };
  const sender = createEventSender({
    outbox: site.outbox,
    open: () => link.open,
    async send({ seq, historical }) {
      if (link.broken) throw new Error('link down');
      sent.push({ seq, historical });
    },
    clock: systemClock,
    log: silentLog,
  });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  return {
    ...site,
    sent,
    sender,
    start: () => void sender.run(stop.signal),
    link,
  };
}

test('the newest event comes first, then all in order, the older ones as history', async () => {
  const site = await sending();
  for (const n of [1, 2, 3]) site.file(`d/${n}.jpg`);
  site.start();
  await until('all are sent', () => site.sent.length === 4);
  expect(site.sent).toEqual([
    { seq: 3, historical: false },
    { seq: 1, historical: true },
    { seq: 2, historical: true },
    { seq: 3, historical: false },
  ]);
});

test('what is not acknowledged is sent again at the next connection; what is, is forgotten', async () => {
  const site = await sending();
  for (const n of [1, 2, 3, 4]) site.file(`d/${n}.jpg`);
  site.start();
  await until('all are sent', () => site.sent.length === 5);
  site.sender.acknowledged(2);
  expect(site.outbox.ackedSeq()).toBe(2);
  site.sent.length = 0;
  site.sender.restart();
  await until('the rest comes again', () => site.sent.length >= 3);
  expect(site.sent.map((e) => e.seq)).toEqual([4, 3, 4]);
});

test('at most a window of events is on its way, however long the history', async () => {
  const site = await sending();
  for (let n = 0; n < 500; n++) site.file(`d/${n}.jpg`);
  site.start();
  await until('the window is full', () => site.sent.length >= 201);
  expect(Math.max(...site.sent.slice(1).map((e) => e.seq))).toBe(200);
  site.sender.acknowledged(150);
  await until('it moves on', () => site.sent.some((e) => e.seq === 350));
  expect(site.sent.slice(1).every((e) => e.seq <= 350)).toBe(true);
});

test('while the hub is away nothing is sent, and a broken link loses nothing', async () => {
  const site = await sending();
  site.link.open = false;
  site.start();
  site.file('d/1.jpg');
  site.sender.wake();
  site.link.open = true;
  site.link.broken = true;
  site.sender.wake();
  site.link.broken = false;
  site.sender.restart();
  await until('it is sent', () => site.sent.length > 0);
  expect(site.sent[0]?.seq).toBe(1);
});
