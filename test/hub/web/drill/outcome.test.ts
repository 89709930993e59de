import { expect, test } from 'vitest';
import type { Drill } from '../../../../hub/web/src/api/documents.ts';
import { courseOf, drillOutcome, figureRows } from '../../../../hub/web/src/drill/outcome.ts';

const ORDERED: Drill = {
  ...{ id: 'drill-1', site: 'alps', device: 'summit-1', by: 'ada@example.org', atDevice: false, forMs: 600_000 },
  ...{ state: 'ordered', orderedAt: '2026-11-24T12:00:00.000Z', begunAt: null, until: null, vanishedAt: null },
  ...{ returnedAt: null, drainedAt: null, greenAt: null, endedAt: null, offlineMs: null, slots: null, captured: null },
  ...{ queued: null, delivered: null, missing: null, greenAfterMs: null, reports: [], reasons: [] },
};
const PASSED: Drill = {
  ...ORDERED,
  ...{ state: 'passed', begunAt: '2026-11-24T12:00:01.000Z', vanishedAt: '2026-11-24T12:00:02.000Z' },
  ...{ returnedAt: '2026-11-24T12:10:02.000Z', drainedAt: '2026-11-24T12:10:30.000Z' },
  ...{ greenAt: '2026-11-24T12:11:14.000Z', endedAt: '2026-11-24T12:11:15.000Z', greenAfterMs: 72_000, missing: 0 },
  ...{ offlineMs: 600_000, slots: { expected: 20, taken: 18, failed: 1, off: 1 } },
  ...{ captured: { count: 18, bytes: 80_000_000 }, queued: { count: 36, bytes: 160_000_000 }, delivered: 36 },
};

test('only a drill that has passed is good, and one under way promises nothing', () => {
  expect(drillOutcome(PASSED)).toMatchObject({ tone: 'good', title: 'Passed' });
  expect(drillOutcome(PASSED).detail).toBe(
    'All 36 waiting deliveries arrived; everything was in order 1 min 12 s after its return.',
  );
  for (const state of ['ordered', 'begun', 'away', 'back'] as const)
    expect(drillOutcome({ ...ORDERED, state }).tone).toBe('calm');
  expect(drillOutcome({ ...PASSED, state: 'failed' })).toMatchObject({ tone: 'bad', title: 'Failed' });
  expect(drillOutcome({ ...ORDERED, state: 'refused' })).toMatchObject({ tone: 'warn', title: 'Not begun' });
});

test('the figures name what is known, and leave out what is not', () => {
  expect(figureRows(ORDERED)).toEqual([['Ordered for', '10 min']]);
  const rows = Object.fromEntries(figureRows(PASSED));
  expect(rows).toMatchObject({
    'Offline for': '10 min',
    'Pictures expected by the schedule': '18 of 20 taken, 1 failed, 1 while the agent was off',
    'Deliveries waiting at the return': '36 · 160 MB',
    'Of these delivered': '36',
    'Missing at the end': '0',
    'From return to green': '1 min 12 s',
  });
});

test('its course shows how long each part took, and what was never reached', () => {
  expect(courseOf(PASSED).map(({ label, after }) => [label, after])).toEqual([
    ['Begun', null],
    ['Vanished', '+ 1 s'],
    ['Back', '+ 10 min'],
    ['Queue empty', '+ 28 s'],
    ['Green', '+ 44 s'],
  ]);
  const failed = courseOf({ ...PASSED, drainedAt: null, greenAt: null });
  expect(failed.map(({ isMissed }) => isMissed)).toEqual([false, false, false, true, true]);
  expect(courseOf(ORDERED).every(({ at, isMissed }) => at === null && !isMissed)).toBe(true);
});
