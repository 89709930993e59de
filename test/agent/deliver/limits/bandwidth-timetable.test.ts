import { bandwidthAt, parseTimetable } from '@vigie/agent/deliver/limits/bandwidth-timetable';
import { describe, expect, test } from 'vitest';

const KIB = 1024;
const at = (text: string, instant: string, zone = 'UTC') =>
  bandwidthAt(parseTimetable(text) ?? [], Date.parse(instant), zone);

describe('one bandwidth', () => {
  test.each([
    ['666', 666 * KIB, 666 * KIB],
    ['666:333', 666 * KIB, 333 * KIB],
    ['1.5M', 1.5 * KIB ** 2, 1.5 * KIB ** 2],
    ['10m', 10 * KIB ** 2, 10 * KIB ** 2],
    ['512Ki', 512 * KIB, 512 * KIB],
    ['2MiB:off', 2 * KIB ** 2, undefined],
    ['700B', 700, 700],
    ['off:1G', undefined, KIB ** 3],
    ['off', undefined, undefined],
    ['0', undefined, undefined],
  ])('%s', (text, up, down) => {
    expect(at(text, '2026-11-23T12:00Z')).toEqual({ up, down });
  });
});

test.each([
  '',
  'bad',
  'bad,bad',
  '1000X',
  '2401,666',
  '10:61,666',
  '24:00,1M',
  'bad-10:20,666',
  'mo-10:20,1M',
  'Mon-bad,1M',
  'Mon-10:20,bad',
  '10:20,1M bad',
  '1M 2M',
  '-5M',
  '1:2:3',
])('what is no timetable is refused: "%s"', (text) => {
  expect(parseTimetable(text)).toBeUndefined();
});

describe('a timetable', () => {
  const daily = '08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off';
  test.each([
    ['2026-11-23T07:59Z', undefined],
    ['2026-11-23T08:00Z', 512 * KIB],
    ['2026-11-23T12:59Z', 10 * KIB ** 2],
    ['2026-11-23T13:00Z', 512 * KIB],
    ['2026-11-23T22:59Z', 30 * KIB ** 2],
    ['2026-11-23T23:00Z', undefined],
  ])('each day the same: %s', (instant, up) => {
    expect(at(daily, instant).up).toBe(up);
  });

  // 2026-11-23 is a Monday.
  const weekly = 'Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M;sunday-20:00,off';
  test.each([
    ['2026-11-22T20:00Z', undefined],
    ['2026-11-22T19:59Z', KIB ** 2],
    ['2026-11-23T00:00Z', 512 * KIB],
    ['2026-11-27T23:58Z', 512 * KIB],
    ['2026-11-28T09:59Z', 10 * KIB ** 2],
    ['2026-11-28T10:00Z', KIB ** 2],
  ])('weekdays, in force until the next entry of any day: %s', (instant, up) => {
    expect(at(weekly, instant).up).toBe(up);
  });

  test('the last entry of the week goes on into the next one', () => {
    expect(at('wed-12:00,1M', '2026-11-23T00:00Z').up).toBe(KIB ** 2);
  });

  test('times are those of the zone', () => {
    expect(at('06:00,1M 22:00,off', '2026-11-23T05:30Z', 'Europe/Paris').up).toBe(KIB ** 2);
    expect(at('06:00,1M 22:00,off', '2026-11-23T05:30Z', 'UTC').up).toBeUndefined();
  });
});
