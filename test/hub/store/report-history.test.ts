import { createReportRetention } from '@vigie/hub/report/retention';
import { createJobStore } from '@vigie/hub/store/jobs';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore, type ReportRow } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { silentLog } from '@vigie/shared/kit/log';
import { noFigures, type Unmatched } from '@vigie/shared/protocol/report';
import { expect, onTestFinished, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const DAY = 86_400_000;
const missing = (path: string): Unmatched => ({
  ...{ class: 'missing', path, sourceSize: 1, destinationSize: null, cause: 'not at the destination' },
  action: 'resync',
});

async function history() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const clock = createSteppedClock();
  const reports = createReportStore(store, clock);
  const jobs = createJobStore(store, clock);
  return {
    clock,
    reports,
    past: createReportHistory(store),
    /** A report of a pair, queued. */
    create: (pair: string, filter: object = {}) =>
      reports.create({
        ...{ left: `"${pair}"`, right: '"archive"', filter: JSON.stringify(filter), by: 'test' },
        ...{ trigger: 'person', sync: false },
      }),
    complete: (id: string, unmatched: Unmatched[] = []) =>
      reports.complete(id, {
        ...{ figures: noFigures(), matchedByDigest: 0, mendable: { count: 0, bytes: 0 }, asOf: null, unmatched },
        ...{ entries: 0, since: { previous: null, isNew: () => false }, listing: null, keptDays: [] },
      }),
    order: (reportId: string) =>
      jobs.create({
        ...{ site: 'main', device: 'cam-1', by: 'test', reportId, total: { count: 1, bytes: 1 }, expiresAt: 9e15 },
        selection: { source: 'garden', destination: 'archive', all: true, replace: false },
      } as Parameters<typeof jobs.create>[0]),
    jobs,
    ids: () => new Set(reports.list(0, 10_000).rows.map(({ id }) => id)),
    entries: (id?: string) =>
      (
        store.sqlite
          .prepare(`select count(*) as n from unmatched ${id === undefined ? '' : 'where report_id = ?'}`)
          .get(...(id === undefined ? [] : [id])) as { n: number }
      ).n,
    async atOnce(deeds: () => Promise<void>) {
      store.sqlite.exec('begin');
      await deeds();
      store.sqlite.exec('commit');
    },
    /** Reports whose entries are still to be deleted. */
    toSweep: () => (store.sqlite.prepare('select count(*) as n from removed_report').get() as { n: number }).n,
  };
}

test('the report before is the last completed one of the same sides and filter', async () => {
  const { clock, create, complete, reports, past } = await history();
  const ended = async (pair: string, filter?: object) => {
    const { id } = create(pair, filter);
    clock.take(1000);
    await complete(id);
    return id;
  };
  const whole = await ended('a');
  await ended('b');
  const narrow = await ended('a', { kinds: ['jpg'] });
  const failed = create('a');
  reports.end(failed.id, 'failed', 'refused');
  const now = create('a');
  expect(past.previousOf(now)?.id).toBe(whole);
  expect(past.previousOf(create('a', { kinds: ['jpg'] }))?.id).toBe(narrow);
  expect(past.previousOf(create('a', { kinds: ['raw'] }))).toBeUndefined();
  const newer = await ended('a');
  expect(past.previousOf(now)?.id).toBe(newer);
});

test('reports of the last so many days follow each other, though their first day moves on', async () => {
  const { create, complete, past } = await history();
  const before = create('a', { fromDay: '20261121', lastDays: 2 });
  await complete(before.id);
  await complete(create('a', { fromDay: '20261121', lastDays: 3 }).id);
  await complete(create('a', { fromDay: '20261122' }).id);
  expect(past.previousOf(create('a', { fromDay: '20261122', lastDays: 2 }))?.id).toBe(before.id);
  expect(past.previousOf(create('a', { fromDay: '20261123' }))).toBeUndefined();
});

test('a report by size and one by digest are not compared', async () => {
  const { create, complete, past } = await history();
  await complete(create('a').id);
  const row: ReportRow = { ...create('a'), proof: 'digest' };
  expect(past.previousOf(row)).toBeUndefined();
});

test('a pair is busy while a report of it is queued or running', async () => {
  const { create, complete, reports, past } = await history();
  const { id, left, right } = create('a');
  create('b');
  expect(past.isBusy(left, right)).toBe(true);
  expect(reports.take()?.id).toBe(id);
  expect(past.isBusy(left, right)).toBe(true);
  await complete(id);
  expect(past.isBusy(left, right)).toBe(false);
});

test('old reports go, but for the newest of each pair, the last completed one, and those with an open job', async () => {
  const { clock, create, complete, reports, past, order, jobs, ids, atOnce } = await history();
  const start = clock.now();
  type Made = { id: string; pair: string; state: string; endedAt: number; hasOpenJob: boolean };
  const made: Made[] = [];
  // One transaction, for speed alone: each statement of its own would wait for the disk.
  await atOnce(async () => {
    // A sequence of its own for each run of numbers: all combinations of age, state and job come.
    for (let n = 0; n < 240; n++) {
      const pair = `pair-${(n * 7) % 5}`;
      const { id } = create(pair);
      const state = (['completed', 'failed', 'cancelled', 'completed', 'queued', 'failed'] as const)[
        (n * 11) % 6
      ] as string;
      clock.take((n % 13) * 3_600_000);
      if (state === 'completed') await complete(id, [missing('a')]);
      else if (state !== 'queued') reports.end(id, state as 'failed', null);
      const hasOpenJob = n % 17 === 0;
      if (n % 6 === 0 || hasOpenJob) {
        const { id: job } = order(id);
        if (!hasOpenJob) {
          jobs.update({ site: 'main', device: 'cam-1' }, {
            ...{ id: job, state: 'SUCCEEDED', expectedVersion: 1, total: { count: 1, bytes: 1 } },
            ...{ done: { count: 1, bytes: 1 }, failed: 0, message: null },
          } as Parameters<typeof jobs.update>[1]);
        }
      }
      made.push({ id, pair, state, endedAt: state === 'queued' ? Infinity : clock.now(), hasOpenJob });
    }
    clock.take(25 * DAY);
    for (const pair of ['pair-3', 'pair-4']) {
      // Nothing but failures for a long time: the last that completed is still what there is to know.
      for (let n = 0; n < 12; n++) {
        const { id } = create(pair);
        clock.take(60_000);
        reports.end(id, 'failed', 'refused');
        made.push({ id, pair, state: 'failed', endedAt: clock.now(), hasOpenJob: false });
      }
    }
  });
  const keepMs = 20 * DAY;
  const keepAtLeast = 8;
  const before = clock.now() - keepMs;
  expect(before).toBeGreaterThan(start + 5 * DAY);

  const expected = new Set(
    made
      .filter(({ id, pair, state, endedAt, hasOpenJob }) => {
        const ended = made.filter((m) => m.pair === pair && m.state !== 'queued').map((m) => m.id);
        const completed = made.filter((m) => m.pair === pair && m.state === 'completed').map((m) => m.id);
        const isNewest = ended.slice(-keepAtLeast).includes(id);
        return state === 'queued' || endedAt >= before || isNewest || completed.at(-1) === id || hasOpenJob;
      })
      .map(({ id }) => id),
  );
  expect(expected.size).toBeLessThan(made.length - 40);

  let told = 0;
  const retention = createReportRetention({
    ...{ history: past, keepMs, keepAtLeast, clock, log: silentLog },
    removed: () => {
      told += 1;
    },
  });
  for (let look = 0; look < 100; look++) retention.look();
  expect(ids()).toEqual(expected);
  expect(told).toBeGreaterThan(0);
});

test('entries of removed reports follow in portions, also after a restart, and others stay', async () => {
  const { create, complete, reports, past, entries, toSweep } = await history();
  const [gone, stays] = [create('a').id, create('a').id];
  const list = Array.from({ length: 2_500 }, (_, n) => missing(`20261123/${String(n).padStart(5, '0')}.jpg`));
  await complete(gone, list);
  await complete(stays, list.slice(0, 10));
  reports.remove(gone);
  expect(reports.find(gone)).toBeUndefined();
  expect(entries(gone)).toBe(2_500);
  expect(past.sweep(1_000)).toBe(true);
  expect(entries(gone)).toBe(1_500);
  while (past.sweep(1_000)) expect(entries(stays)).toBe(10);
  expect([entries(), toSweep()]).toEqual([10, 0]);
});
