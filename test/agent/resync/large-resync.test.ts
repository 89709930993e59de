import { expect, test } from 'vitest';
import { costOf } from '../../support/longest-wait.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { largeResync } from './large-resync.ts';

const ASSETS = 58_300;

test('an archive is ordered again, paused and cancelled while everything else goes on', async () => {
  const { jobs, deliveries, follow, count } = await largeResync(ASSETS);
  const costs = [await costOf(() => follow(1, 'run'))];
  const total = { count: ASSETS, bytes: ASSETS * 100 };
  expect(jobs.find('job-1')).toMatchObject({ state: 'RUNNING', total, done: { count: 0 } });
  expect(count("state = 'pending' and ordered")).toBe(ASSETS);
  const first = deliveries.claim('archive', ['backfill']);
  expect(first?.path).toBe('20260000/1.jpg');

  costs.push(await costOf(() => follow(2, 'pause')));
  expect(deliveries.claim('archive', ['backfill'])).toBeUndefined();
  // What was under way when the pause came, and failed, waits too.
  if (first) deliveries.release(first, 'archive', { notBefore: 0, attempted: undefined });
  expect(deliveries.claim('archive', ['backfill'])).toBeUndefined();

  costs.push(await costOf(() => follow(3, 'cancel')));
  expect(jobs.find('job-1')).toMatchObject({ state: 'CANCELLED' });
  expect(count("state = 'withdrawn'")).toBe(ASSETS);
  for (const { longestMs, grownBytes } of costs) {
    expect(longestMs).toBeLessThan(150);
    expect(grownBytes).toBeLessThan(80e6);
  }
}, 60_000);

test('what a power cut has stopped in the middle is gone on with', async () => {
  const folder = await tempFolder();
  const before = await largeResync(8_000, folder);
  await before.runner.order(before.order(1, 'run'));
  await before.end();
  const some = before.count('ordered');
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(8_000);
  before.ledger[Symbol.dispose]();

  const after = await largeResync(8_000, folder);
  await until('the rest is ordered', () => after.jobs.unfinished() === undefined, 60_000);
  expect(after.jobs.find('job-1')?.total.count).toBe(8_000);
  expect(after.count('ordered')).toBe(8_000);
}, 60_000);

test('a cancel in the middle takes back what was ordered until then, and nothing else', async () => {
  const { jobs, ledger, file, count, runner, order, follow } = await largeResync(8_000);
  ledger.sqlite.exec("update delivery set state = 'pending' where asset_id = 7");
  await runner.order(order(1, 'run'));
  const some = count('ordered');
  expect(some).toBeGreaterThan(0);
  await follow(2, 'cancel');
  expect(jobs.find('job-1')).toMatchObject({ state: 'CANCELLED' });
  expect(count("state = 'withdrawn'")).toBeGreaterThanOrEqual(some);
  expect(count("state = 'verified'")).toBeGreaterThan(0);
  expect(count("state = 'verified' or state = 'withdrawn' or asset_id = 7")).toBe(8_000);
  // It was owed before anybody ordered it.
  expect(count("state = 'pending' and asset_id = 7 and job_id is null")).toBe(1);
  // What comes later is in no job of before.
  file('20261122/new.jpg');
  expect(count("state = 'pending' and job_id is not null")).toBe(0);
}, 60_000);

test('a pause in the middle holds back what is ordered later too, until the job runs on', async () => {
  const { jobs, deliveries, count, runner, order, follow } = await largeResync(8_000);
  await runner.order(order(1, 'run'));
  expect(count('ordered')).toBeLessThan(8_000);
  await follow(2, 'pause');
  expect(jobs.find('job-1')).toMatchObject({ state: 'PAUSED', total: { count: 8_000 } });
  expect(deliveries.claim('archive', ['live', 'backfill'])).toBeUndefined();
  await follow(3, 'run');
  expect(count('ordered and not_before = 0')).toBe(8_000);
  expect(deliveries.claim('archive', ['live', 'backfill'])?.path).toBe('20260000/1.jpg');
}, 60_000);
