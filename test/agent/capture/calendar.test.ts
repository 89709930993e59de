import { calendarOf } from '@vigie/agent/capture/calendar';
import { scheduleConfig, scheduleOf } from '@vigie/agent/capture/schedule-config';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const PARIS = { latitude: 48.85, longitude: 2.35 };
const TROMSO = { latitude: 69.65, longitude: 18.96 };

/** The calendar that a configuration stands for. */
function calendar(schedule: unknown, zone = 'Europe/Paris', location = PARIS) {
  const settings = { schedule: scheduleConfig.parse(schedule) };
  return calendarOf(scheduleOf(settings, zone, location) as NonNullable<ReturnType<typeof scheduleOf>>);
}

/** Slots of a span as `HH:MM:SS` of the zone; those that an exception takes away in brackets. */
function times(schedule: unknown, from: string, to: string, zone = 'Europe/Paris', location = PARIS) {
  const text = (at: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium', hourCycle: 'h23' }).format(at);
  const slots = calendar(schedule, zone, location).slots(Date.parse(from) - 1, Date.parse(to) - 1);
  return [...slots].map(({ at, excluded }) => (excluded ? `(${text(at)})` : text(at)));
}
/** A day in July, from Paris' midnight to midnight. */
const JULY: [from: string, to: string] = ['2026-07-01T22:00:00Z', '2026-07-02T22:00:00Z'];

describe('windows', () => {
  test('several a day, each at its own rate; the end belongs to no window', () => {
    const windows = [
      { every: '20m', from: '08:00', to: '09:00' },
      { every: '30s', from: '12:00', to: '12:01' },
      { cron: '15 18 * * *' },
    ];
    expect(times({ windows }, ...JULY)).toEqual([
      '08:00:00',
      '08:20:00',
      '08:40:00',
      '12:00:00',
      '12:00:30',
      '18:15:00',
    ]);
  });

  test('an instant that two windows want is one slot', () => {
    const windows = [
      { every: '10m', from: '08:00', to: '08:30' },
      { every: '15m', from: '08:00', to: '08:31' },
      { cron: '*/10 8 * * *', from: '08:00', to: '08:25' },
    ];
    expect(times({ windows }, ...JULY)).toEqual(['08:00:00', '08:10:00', '08:15:00', '08:20:00', '08:30:00']);
  });

  test('on weekdays', () => {
    const windows = [{ every: '12h', days: 'sat-mon' }];
    const days = [...calendar({ windows }).slots(Date.parse('2026-07-02T00:00Z'), Date.parse('2026-07-09T00:00Z'))];
    expect(days.map(({ at }) => new Date(at).toISOString().slice(0, 13))).toEqual([
      '2026-07-03T22',
      '2026-07-04T10',
      '2026-07-04T22',
      '2026-07-05T10',
      '2026-07-05T22',
      '2026-07-06T10',
    ]);
  });

  test('over midnight: the night belongs to the date on which it begins', () => {
    const windows = [{ every: '1h', days: 'fri', from: '22:00', to: '02:00' }];
    const slots = times({ windows }, '2026-07-02T22:00:00Z', '2026-07-05T22:00:00Z');
    expect(slots).toEqual(['22:00:00', '23:00:00', '00:00:00', '01:00:00']);
  });

  test('a time that is skipped is the one an hour later, of a time that comes twice the first counts', () => {
    const windows = [{ every: '20m', from: '02:30', to: '03:30' }];
    expect(times({ windows }, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toEqual([]);
    const longer = [{ every: '20m', from: '02:30', to: '04:00' }];
    expect(times({ windows: longer }, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toEqual([
      '03:30:00',
      '03:50:00',
    ]);
    expect(times({ windows }, '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual([
      '02:30:00',
      '02:50:00',
      '02:10:00',
      '02:30:00',
      '02:50:00',
      '03:10:00',
    ]);
  });

  test('none at all', () => {
    expect(calendar({ windows: [{ cron: '0 0 30 2 *' }] }).next(0)).toBeUndefined();
  });
});

describe('the sun', () => {
  test('a window from sunrise to sunset follows the year', () => {
    const windows = [{ every: '1h', from: 'sunrise-30m', to: 'sunset+30m' }];
    const july = times({ windows }, ...JULY);
    expect([july[0], july.at(-1)]).toEqual(['06:00:00', '22:00:00']);
    const december = times({ windows }, '2026-12-20T23:00:00Z', '2026-12-21T23:00:00Z');
    expect([december[0], december.at(-1)]).toEqual(['09:00:00', '17:00:00']);
  });

  test('sunrise of Paris and of Auckland, whose day is another one in UTC, are those of the almanac within two minutes', () => {
    const first = (zone: string, location: typeof PARIS, from: string) =>
      calendar({ windows: [{ cron: '* * * * * *', from: 'sunrise', to: 'noon' }] }, zone, location).next(
        Date.parse(from),
      );
    const within = (at: number | undefined, expected: string) =>
      expect(Math.abs((at ?? 0) - Date.parse(expected))).toBeLessThan(120_000);
    within(first('Europe/Paris', PARIS, '2026-06-20T22:00:00Z'), '2026-06-21T03:47:00Z');
    within(
      first('Pacific/Auckland', { latitude: -36.85, longitude: 174.76 }, '2026-06-20T12:00:00Z'),
      '2026-06-20T19:34:00Z',
    );
  });

  test('in the polar day the sun is up all day, in the polar night never', () => {
    const inTromso = (windows: unknown[], from: string, to: string) =>
      times({ windows }, from, to, 'Europe/Oslo', TROMSO);
    const june: [string, string] = ['2026-06-20T22:00:00Z', '2026-06-21T22:00:00Z'];
    const december: [string, string] = ['2026-12-20T23:00:00Z', '2026-12-21T23:00:00Z'];
    const day = [{ every: '1h', from: 'sunrise', to: 'sunset' }];
    const night = [{ every: '1h', from: 'sunset', to: 'sunrise' }];
    expect(inTromso(day, ...june)).toHaveLength(24);
    expect(inTromso(day, ...december)).toEqual([]);
    expect(inTromso(night, ...june)).toEqual([]);
    expect(inTromso(night, ...december)).toHaveLength(24);
    expect(inTromso([{ every: '1h', from: '20:00', to: 'sunset' }], ...june)).toHaveLength(4);
    // It does not rise, but at noon it is light.
    expect(inTromso([{ every: '1h', from: 'dawn', to: 'dusk' }], ...december).length).toBeGreaterThan(2);
    expect(inTromso([{ every: '1h', from: 'dawn', to: 'dusk' }], ...december).length).toBeLessThan(10);
  });
});

describe('exceptions', () => {
  const windows = [{ every: '6h' }];
  const span: [string, string] = ['2026-12-23T23:00:00Z', '2026-12-26T23:00:00Z'];

  test('a date without captures, and a date with another plan: what was taken away is told', () => {
    const exceptions = [
      { dates: '2026-12-24' },
      { dates: ['2026-12-25..2026-12-31'], windows: [{ every: '6h', from: '12:00', to: '20:00' }] },
    ];
    expect(times({ windows, exceptions }, ...span)).toEqual([
      '(00:00:00)',
      '(06:00:00)',
      '(12:00:00)',
      '(18:00:00)',
      '(00:00:00)',
      '(06:00:00)',
      '12:00:00',
      '18:00:00',
      '(00:00:00)',
      '(06:00:00)',
      '12:00:00',
      '18:00:00',
    ]);
  });

  test('the next slot is none that was taken away', () => {
    const next = calendar({ windows, exceptions: [{ dates: ['2026-12-24..2026-12-26'] }] }).next(Date.parse(span[0]));
    expect(new Date(next ?? 0).toISOString()).toBe('2026-12-26T23:00:00.000Z');
  });
});

test('whatever the windows: the slots of a span are the same one by one, in parts and at once, in order and each once', () => {
  const moment = fc.oneof(
    fc.integer({ min: 0, max: 24 }).map((hour) => `${String(hour).padStart(2, '0')}:00`),
    fc.constantFrom('sunrise', 'sunset-2h', 'dawn-12h', 'dusk+12h', 'noon'),
  );
  const window = fc.record(
    {
      every: fc.constantFrom('7m', '1h', '100m', '5h'),
      from: moment,
      to: moment,
      days: fc.constantFrom('mon-fri', 'sun'),
    },
    { requiredKeys: ['every'] },
  );
  const zones = fc.constantFrom('Europe/Paris', 'America/St_Johns', 'Pacific/Apia', 'Africa/Casablanca', 'UTC');
  const location = fc.constantFrom(PARIS, TROMSO, { latitude: -33, longitude: 151 });
  fc.assert(
    fc.property(
      fc.array(window, { minLength: 1, maxLength: 4 }),
      zones,
      location,
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) }),
      fc.integer({ min: 1, max: 40 }),
      (windows, zone, where, from, hours) => {
        const made = calendar({ windows, exceptions: [{ dates: ['2026-03-01..2026-03-31'] }] }, zone, where);
        const to = from + hours * 3_600_000;
        const middle = from + Math.floor((to - from) / 3);
        const whole = [...made.slots(from, to)];
        expect([...made.slots(from, middle), ...made.slots(middle, to)]).toEqual(whole);
        const due: number[] = [];
        for (let at = made.next(from); at !== undefined && at <= to; at = made.next(at)) due.push(at);
        expect(whole.filter(({ excluded }) => !excluded).map(({ at }) => at)).toEqual(due);
        expect(due).toEqual([...new Set(due)].sort((a, b) => a - b));
      },
    ),
    { numRuns: 60 },
  );
});

test.each([
  [{ windows: [] }, 'at least one window'],
  [{ windows: [{ every: '5m', cron: '* * * * *' }] }, 'one of "every" and "cron"'],
  [{ windows: [{ every: '500ms' }] }, 'one second or more'],
  [{ windows: [{ every: '5m', from: '8:00' }] }, 'a time of day is allowed'],
  [{ windows: [{ every: '5m', to: '24:01' }] }, 'a time of day is allowed'],
  [{ windows: [{ every: '5m', from: 'moonrise' }] }, 'a time of day is allowed'],
  [{ windows: [{ every: '5m', from: 'sunrise-13h' }] }, 'a time of day is allowed'],
  [{ windows: [{ every: '5m', days: 'monday' }] }, 'weekdays are allowed'],
  [{ windows: [{ every: '5m' }], exceptions: [{ dates: '2026-02-30' }] }, 'a date is allowed'],
])('a schedule that cannot be used is refused with what is allowed: %j', (schedule, message) => {
  const { error } = scheduleConfig.safeParse(schedule);
  expect(JSON.stringify(error?.issues.map((issue) => issue.message))).toContain(JSON.stringify(message).slice(1, -1));
});
