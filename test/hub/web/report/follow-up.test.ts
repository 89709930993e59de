import { expect, it } from 'vitest';
import { followUpOf } from '../../../../hub/web/src/report/follow-up.ts';
import { jobStateText } from '../../../../hub/web/src/report/job-state.ts';
import { jobOf, reportOf } from './reports.ts';

const ended = jobOf({ state: 'SUCCEEDED', completedAt: '2026-03-03T12:01:00.000Z' });
const report = reportOf({}, { jobs: [ended] });
const next = reportOf({}, { id: 'r2', trigger: 'resync', createdAt: '2026-03-03T12:01:00.500Z' });

it('finds the report that the hub made after the re-sync', () => {
  const later = { ...next, id: 'r3', createdAt: '2026-03-03T13:00:00.000Z' };
  expect(followUpOf(report, [later, report, next])?.id).toBe('r2');
});

it('finds none while a job goes on, of other sides, of another cause, or from before', () => {
  expect(followUpOf({ ...report, jobs: [ended, jobOf({})] }, [next])).toBeUndefined();
  expect(followUpOf(report, [{ ...next, right: { type: 'directory', path: '/srv' } }])).toBeUndefined();
  expect(followUpOf(report, [{ ...next, trigger: 'person' }])).toBeUndefined();
  expect(followUpOf(report, [{ ...next, createdAt: '2026-03-03T12:00:30.000Z' }])).toBeUndefined();
  expect(followUpOf(reportOf({}), [next])).toBeUndefined();
});

it('tells what a job was ordered until it answers', () => {
  expect(jobStateText({ state: 'RUNNING', want: 'pause' })).toBe('Pausing');
  expect(jobStateText({ state: 'PAUSED', want: 'run' })).toBe('Resuming');
  expect(jobStateText({ state: 'PAUSED', want: 'pause' })).toBe('Paused');
  expect(jobStateText({ state: 'SUCCEEDED', want: 'cancel' })).toBe('Done');
});
