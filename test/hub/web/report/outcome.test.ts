import { expect, it } from 'vitest';
import { sharesOf } from '../../../../hub/web/src/report/classes.ts';
import { outcomeOf } from '../../../../hub/web/src/report/outcome.ts';
import { reportOf } from './reports.ts';

it('says "in sync" only when the report is complete and nothing is unmatched', () => {
  const whole = { source: 2000, destination: 2000, matched: 2000 };
  expect(outcomeOf(reportOf(whole))).toMatchObject({ tone: 'good', title: 'In sync' });
  for (const state of ['queued', 'running', 'failed', 'cancelled'] as const)
    expect(outcomeOf(reportOf(whole, { state })).title).not.toContain('In sync');
  for (const name of ['missing', 'extra', 'differing', 'corrupt', 'unreadable'] as const)
    expect(outcomeOf(reportOf({ ...whole, [name]: 1 })).title, name).not.toContain('In sync');
});

it('is never quite sure of a source that could not be asked', () => {
  const outcome = outcomeOf(reportOf({ source: 5, destination: 5, matched: 5 }, { asOf: '2026-03-03T11:00:00.000Z' }));
  expect(outcome).toMatchObject({ tone: 'warn', title: 'In sync, as last known' });
  expect(outcome.detail).toContain('could not be asked');
});

it('does not call two empty sides in sync', () => {
  expect(outcomeOf(reportOf({})).title).toBe('Nothing to compare');
});

it('counts what needs attention, without the extras, and names each class', () => {
  const outcome = outcomeOf(reportOf({ source: 2000, matched: 1970, missing: 25, differing: 5, extra: 3 }));
  expect(outcome).toEqual({
    tone: 'warn',
    title: '30 of 2,000 need attention',
    detail: '25 missing at the destination, 5 differing, 3 extra.',
  });
});

it('says why a report failed', () => {
  const error = 'list "/20260303": permission denied';
  expect(outcomeOf(reportOf({}, { state: 'failed', error }))).toMatchObject({ tone: 'bad', detail: error });
});

it('shares the bar among the classes that there are', () => {
  expect(sharesOf(reportOf({ matched: 3, missing: 1 }))).toEqual([
    { name: 'matched', count: 3, share: 0.75 },
    { name: 'missing', count: 1, share: 0.25 },
  ]);
  expect(sharesOf(reportOf({}))).toEqual([]);
});
