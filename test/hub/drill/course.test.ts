import { type DrillFacts, nextStep, type PairStanding } from '@vigie/hub/drill/course';
import { deliveredOf, verdictOf } from '@vigie/hub/drill/verdict';
import type { DrillRow, PairReport } from '@vigie/hub/store/drills';
import { expect, test } from 'vitest';

const MINUTE = 60_000;
const ROW: DrillRow = {
  ...{ id: 'd', site: 'main', device: 'cam-1', by: 'ada', atDevice: false, forMs: 10 * MINUTE, state: 'back' },
  ...{
    orderedAt: 0,
    begunAt: 1_000,
    vanishedAt: 2_000,
    returnedAt: 11 * MINUTE,
    drainedAt: 12 * MINUTE,
    greenAt: null,
  },
  ...{ endedAt: null, told: null, lowest: null, missing: null, reports: '[]', reasons: '[]' },
};
const TOLD = {
  ...{ startedAt: 0, endedAt: 10 * MINUTE, offlineMs: 10 * MINUTE },
  ...{ captured: { count: 20, bytes: 20 }, queued: { count: 20, bytes: 20 } },
  slots: { expected: 20, taken: 20, failed: 0, off: 0 },
};
const report = (fields: Partial<PairReport> = {}): PairReport => ({
  ...{ id: 'r', state: 'completed', createdAt: 12 * MINUTE, completedAt: 12 * MINUTE + 5_000, count: 1 },
  ...{ willMend: false, hasOpenJobs: false, missing: 0, waiting: 0, ...fields },
});
const pair = (of: PairReport | undefined): PairStanding => ({ source: 'garden', destination: 'archive', report: of });
const facts = (fields: Partial<DrillFacts> = {}, row: Partial<DrillRow> = {}): DrillFacts => ({
  ...{ drill: { ...ROW, ...row }, told: TOLD, presence: 'online', presenceSince: 11 * MINUTE, hasTold: true },
  ...{ outageIsOpen: false, backlog: 0, faults: [], pairs: [pair(report())], personMayMend: false },
  ...{ limits: { returnWithin: 2 * MINUTE, greenWithin: 60 * MINUTE }, now: 13 * MINUTE },
  ...fields,
});
const early = { vanishedAt: null, returnedAt: null, drainedAt: null };

test.each([
  ['ordered', {}, { do: 'order' }],
  ['ordered', { now: 2 * MINUTE }, { do: 'end', greenAt: null }],
  ['begun', { told: null, now: MINUTE }, { do: 'wait' }],
  [
    'begun',
    { told: null, presence: 'offline', presenceSince: 3_000, now: MINUTE },
    { do: 'note', values: { state: 'away', vanishedAt: 3_000 } },
  ],
  ['begun', { now: 11 * MINUTE }, { do: 'note', values: { state: 'back', returnedAt: 11 * MINUTE } }],
  ['begun', { told: null, now: 13 * MINUTE }, { do: 'end', greenAt: null }],
  ['away', { told: null, presence: 'offline', now: 11 * MINUTE }, { do: 'wait' }],
  [
    'away',
    { presenceSince: 700_000, now: 11 * MINUTE },
    { do: 'note', values: { state: 'back', returnedAt: 700_000 } },
  ],
  ['away', { told: null, presence: 'offline', now: 13 * MINUTE }, { do: 'end', greenAt: null }],
] as const)('%s with %j: %j', (state, known, expected) => {
  const now = state === 'ordered' && !('now' in known) ? { now: 1_000 } : {};
  expect(nextStep(facts({ ...now, ...known }, { ...early, state }))).toEqual(expected);
});

test('after the return it waits for the device’s word, its queue, the outage’s own reports and their re-syncs', () => {
  expect(nextStep(facts({ told: null })).do).toBe('wait');
  expect(nextStep(facts({ hasTold: false })).do).toBe('wait');
  expect(nextStep(facts({}, { drainedAt: null }))).toEqual({ do: 'note', values: { drainedAt: 13 * MINUTE } });
  expect(nextStep(facts({ backlog: 50, outageIsOpen: true }, { drainedAt: null })).do).toBe('wait');
  expect(nextStep(facts({ outageIsOpen: true, pairs: [pair(undefined)] })).do).toBe('wait');
  expect(nextStep(facts({ pairs: [pair(report({ state: 'running', completedAt: null }))] })).do).toBe('wait');
  expect(nextStep(facts({ pairs: [pair(report({ missing: 3, willMend: true }))] })).do).toBe('wait');
  expect(nextStep(facts({ pairs: [pair(report({ missing: 3, hasOpenJobs: true }))] })).do).toBe('wait');
});

test('it is green when the last report of each pair has nothing missing but what is just on its way', () => {
  const green = { do: 'end', greenAt: 12 * MINUTE + 5_000 };
  expect(nextStep(facts())).toEqual(green);
  expect(nextStep(facts({ pairs: [pair(report({ missing: 2, waiting: 2 }))] }))).toEqual(green);
  expect(nextStep(facts({ pairs: [] }))).toEqual({ do: 'end', greenAt: 13 * MINUTE });
});

test('a report that failed, or that found much on its way, is made again, each time later', () => {
  expect(nextStep(facts({ pairs: [pair(undefined)] })).do).toBe('compare');
  expect(nextStep(facts({ pairs: [pair(undefined)], backlog: 30 })).do).toBe('wait');
  expect(nextStep(facts({ pairs: [pair(report({ state: 'failed' }))] })).do).toBe('compare');
  const waiting = report({ missing: 30, waiting: 30 });
  expect(nextStep(facts({ pairs: [pair(waiting)] })).do).toBe('compare');
  expect(nextStep(facts({ pairs: [pair(waiting)], backlog: 30 })).do).toBe('wait');
  expect(nextStep(facts({ pairs: [pair({ ...waiting, count: 5 })] })).do).toBe('wait');
});

test('what is still missing ends it, unless a person may mend it within the time', () => {
  const lost = [pair(report({ missing: 3 }))];
  expect(nextStep(facts({ pairs: lost }))).toEqual({ do: 'end', greenAt: null });
  expect(nextStep(facts({ pairs: lost, personMayMend: true })).do).toBe('wait');
  expect(nextStep(facts({ pairs: lost, personMayMend: true, now: 72 * MINUTE }))).toEqual({ do: 'end', greenAt: null });
});

const reasons = (fields: Partial<DrillFacts>, greenAt: number | null, row: Partial<DrillRow> = {}) =>
  verdictOf(facts(fields, row), greenAt).reasons;

test('the verdict names every reason in words', () => {
  expect(verdictOf(facts(), 1)).toEqual({ passed: true, reasons: [], missing: 0 });
  expect(reasons({}, null, { ...early, state: 'ordered' })).toEqual(['The device did not answer the order.']);
  expect(reasons({ told: null }, null, { ...early, state: 'begun' })).toEqual([
    'It did not vanish: the hub noticed no loss of its link.',
    'It did not return within 2 min of its time.',
  ]);
  const slots = { expected: 20, taken: 15, failed: 1, off: 4 };
  expect(reasons({ told: { ...TOLD, offlineMs: 4 * MINUTE, slots } }, 1)).toEqual([
    'It was offline for 4 min of 10 min: its clock was set, or it was not running.',
    '5 of 20 slots have no picture: 1 failed, 4 passed while the agent was not running.',
  ]);
  const lost = [pair(report({ missing: 4, waiting: 1 }))];
  expect(verdictOf(facts({ pairs: lost }), null)).toEqual({
    passed: false,
    reasons: ['3 files of garden at archive are missing.'],
    missing: 3,
  });
  expect(reasons({ backlog: 7, faults: ['archive: unreachable'], pairs: [pair(undefined)] }, null)).toEqual([
    'It was not green within 1 h of its return.',
    '7 deliveries still wait.',
    'archive: unreachable',
  ]);
});

test('what was delivered is everything once it was green, and else as much as the queue was seen to shrink', () => {
  expect(deliveredOf({ greenAt: 5, lowest: 1 }, 20)).toBe(20);
  expect(deliveredOf({ greenAt: null, lowest: 6 }, 20)).toBe(14);
  expect(deliveredOf({ greenAt: null, lowest: 40 }, 20)).toBe(0);
  expect(deliveredOf({ greenAt: null, lowest: null }, 20)).toBe(0);
});
