import { setImmediate as nextTurn } from 'node:timers/promises';

import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { noFigures, type Unmatched } from '@vigie/shared/protocol/report';
import { expect, onTestFinished, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const ENTRIES = 20_000;

const list: Unmatched[] = Array.from({ length: ENTRIES }, (_, n) => ({
  ...{ class: 'missing', path: `20261123/${String(n).padStart(6, '0')}.jpg`, sourceSize: n, destinationSize: null },
  ...{ cause: 'not at the destination', action: 'resync' },
}));

async function running() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const reports = createReportStore(store, createSteppedClock());
  const side = '{"type":"directory","path":"/nowhere"}';
  reports.create({ left: side, right: side, filter: '{}', by: 'test', trigger: 'person', sync: false });
  const { id } = reports.take() as NonNullable<ReturnType<typeof reports.take>>;
  const complete = (unmatched: Unmatched[], signal?: AbortSignal) =>
    reports.complete(
      id,
      {
        ...{ figures: noFigures(), matchedByDigest: 0, mendable: { count: 0, bytes: 0 }, asOf: null, unmatched },
        ...{ entries: 0, since: { previous: null, isNew: (n) => n % 2 === 0 }, listing: null, keptDays: [] },
      },
      signal,
    );
  const rows = () => (store.sqlite.prepare('select count(*) as n from unmatched').get() as { n: number }).n;
  return { reports, history: createReportHistory(store), id, complete, rows };
}

test('a long list is written between other work, and seen whole or not at all', async () => {
  const { reports, id, complete, rows } = await running();
  let seen: number[] = [];
  let ended = false;
  const writing = complete(list).then(() => {
    ended = true;
  });
  while (!ended) {
    const { total } = reports.unmatched(id, {}, 0, 1);
    if (reports.find(id)?.state === 'running') {
      expect([total, reports.byAction(id), [...reports.allUnmatched(id)]]).toEqual([0, [], []]);
      seen.push(rows());
    }
    await nextTurn();
  }
  await writing;
  seen = [...new Set(seen)];
  expect(seen.length, 'others had their turn').toBeGreaterThan(10);
  expect(Math.max(...seen.map((n, i) => n - (seen[i - 1] ?? 0)))).toBeLessThan(ENTRIES / 4);
  expect([...reports.allUnmatched(id)]).toEqual(list);
  expect(reports.unmatched(id, { isNew: true }, 0, 2)).toMatchObject({
    total: ENTRIES / 2,
    entries: [{ path: '20261123/000000.jpg' }, { path: '20261123/000002.jpg' }],
  });
});

test('what an attempt has left is not in the next one; what never completes goes by itself', async () => {
  const { reports, id, complete, rows } = await running();
  const stop = new AbortController();
  const first = complete(list, stop.signal);
  await nextTurn();
  stop.abort(new Error('the hub stops'));
  await expect(first).rejects.toThrow('the hub stops');
  const left = rows();
  expect(left).toBeGreaterThan(100);
  reports.requeue();
  reports.take();
  await complete(list.slice(-10));
  expect([...reports.allUnmatched(id)]).toEqual(list.slice(-10));
  expect(rows()).toBe(10);

  const other = await running();
  const cancelled = other.complete(list, stop.signal);
  await expect(cancelled).rejects.toThrow();
  other.reports.end(other.id, 'cancelled', null);
  expect(other.rows()).toBeGreaterThan(0);
  while (other.history.sweep(1_000)) expect(other.reports.find(other.id)?.state).toBe('cancelled');
  expect(other.rows()).toBe(0);
});
