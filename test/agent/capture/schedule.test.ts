import { type Calendar, calendarOf } from '@vigie/agent/capture/calendar';
import { expect, test } from 'vitest';

const MINUTE = 60_000;
const count = (calendar: Calendar, from: number, to: number) => [...calendar.slots(from - 1, to - 1)].length;

test('an interval counts from 1970, so that a restart keeps its slots', () => {
  const calendar = calendarOf({ everyMs: 5_000 });
  expect(calendar.next(12_345)).toBe(15_000);
  expect(calendar.next(15_000)).toBe(20_000);
});

test('a cron pattern is read in its zone, over the change of clocks', () => {
  const calendar = calendarOf({ cron: '0 12 * * *', zone: 'Europe/Paris' });
  expect(calendar.next(Date.UTC(2026, 2, 28, 12))).toBe(Date.UTC(2026, 2, 29, 10));
  expect(calendar.next(Date.UTC(2026, 9, 24, 11))).toBe(Date.UTC(2026, 9, 25, 11));
});

test.each([
  ['every', calendarOf({ everyMs: 5 * MINUTE })],
  ['cron', calendarOf({ cron: '*/5 * * * *', zone: 'Europe/Paris' })],
  [
    'a window',
    calendarOf({
      windows: [{ rate: { everyMs: 5 * MINUTE } }],
      exceptions: [],
      zone: 'Europe/Paris',
      location: undefined,
    }),
  ],
  [
    'a window by cron',
    calendarOf({
      windows: [{ rate: { cron: '*/5 * * * *' } }],
      exceptions: [],
      zone: 'Europe/Paris',
      location: undefined,
    }),
  ],
])('days of 23 and 25 hours have 276 and 300 slots of five minutes: %s', (_, calendar) => {
  expect(count(calendar, Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22))).toBe(276);
  expect(count(calendar, Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23))).toBe(300);
  expect(count(calendar, Date.UTC(2026, 6, 1, 22), Date.UTC(2026, 6, 2, 22))).toBe(288);
});

test('a picture at a time of night is one a day, also where that time comes twice or not at all', () => {
  const calendar = calendarOf({ cron: '30 2 * * *', zone: 'Europe/Paris' });
  // 02:30 is skipped on 29 March: it is taken when the clock has jumped, at 03:00.
  expect(calendar.next(Date.UTC(2026, 2, 28, 12))).toBe(Date.UTC(2026, 2, 29, 1));
  // 02:30 comes twice on 25 October: the first counts.
  expect(calendar.next(Date.UTC(2026, 9, 24, 12))).toBe(Date.UTC(2026, 9, 25, 0, 30));
  expect(calendar.next(Date.UTC(2026, 9, 25, 0, 30))).toBe(Date.UTC(2026, 9, 26, 1, 30));
});
