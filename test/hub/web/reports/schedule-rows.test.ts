import { expect, test } from 'vitest';
import type { Schedules } from '../../../../hub/web/src/api/documents.ts';
import { scheduleRows } from '../../../../hub/web/src/reports/schedule-rows.ts';

const DAY = 86_400_000;
const usual: Schedules = {
  setIn: 'hub.yaml',
  reports: [],
  keep: { reportsMs: 90 * DAY, reportsAtLeast: 10 },
  listAgainAfterMs: 7 * DAY,
  certificates: { everyMs: DAY, afterMs: 3_600_000 },
  resync: {
    policy: 'automatic',
    outageAfterMs: 60_000,
    jobExpiryMs: 7 * DAY,
    devicesAtOnce: null,
    bytesPerSecond: null,
  },
};

test('what the hub does by itself, in words', () => {
  expect(Object.fromEntries(scheduleRows(usual))).toEqual({
    'Reports by timetable': 'none',
    'After an outage of 1 min': 'a report, and what is missing is sent again',
    'Reports are kept for': '90 days, the last 10 of each pair longer',
    'A re-sync ends after': '7 days',
    Certificates: 'each 1 day, 1 h after a day is over',
  });
  const nightly = {
    cron: '30 5 * * *',
    zone: 'UTC',
    source: '*/*/*',
    destination: '*',
    days: 7,
    proof: 'size' as const,
  };
  const rows = scheduleRows({
    ...usual,
    reports: [{ ...nightly, sync: true, nextAt: null }],
    resync: { ...usual.resync, devicesAtOnce: 2, bytesPerSecond: 1_000_000 },
  });
  expect(rows).toContainEqual([
    'Report at 30 5 * * * (UTC)',
    '*/*/* against all destinations, the last 7 days, by size, and sends what is missing',
  ]);
  expect(rows).toContainEqual(['A re-sync ends after', '7 days, 2 devices at once, 1.0 MB a second together']);
});
