import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { Message } from '@vigie/shared/protocol/messages';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { until } from '../../support/temp.ts';

test('storage that is found after the link is told at once, and not with the next change', async () => {
  const { assets, file } = await testLedger();
  file('20261101/a.jpg');
  let storage: 'present' | 'absent' = 'absent';
  const told: Message<'inventory/digest'>[] = [];
  const publisher = createInventoryPublisher({
    ...{ assets, generation: 'g1', storage: () => storage, open: () => true },
    publishDigest: async (digest) => void told.push(digest),
    publishChunk: async () => undefined,
    ...{ clock: systemClock, log: silentLog },
  });
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  void publisher.run(ending.signal);
  publisher.connected();
  await until('the digest is told', () => told.length === 1);
  expect(told[0]).toMatchObject({ storage: 'absent', seq: 1, levels: ['outline', 'slices', 'tags', 'entries'] });
  storage = 'present';
  await until('the digest is told again', () => told.length === 2, 5000);
  expect(told[1]).toMatchObject({ storage: 'present', seq: 1 });
});
