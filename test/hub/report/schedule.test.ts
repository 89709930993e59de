import { hubConfig } from '@vigie/hub/config';
import { type ReportSchedule, reportsConfig } from '@vigie/hub/report/reports-config';
import { type Pair, type ScheduleState, scheduleFilter, scheduleStep } from '@vigie/hub/report/schedule';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const HOUR = 3_600_000;
const valley: Pair = { site: 'alps', device: 'summit-1', source: 'valley', destination: 'archive' };
const quay: Pair = { site: 'coast', device: 'harbour', source: 'quay', destination: 'archive' };
const copy: Pair = { ...quay, destination: 'copy' };

const scheduleOf = (part: object = {}): ReportSchedule =>
  reportsConfig.parse({ schedule: [{ cron: '30 2 * * *', zone: 'Europe/Paris', ...part }] })
    .schedule[0] as ReportSchedule;
const idle = (pairs: Pair[] = [valley]) => ({ pairs: () => pairs, isBusy: () => false });
const at = (text: string): number => Date.parse(text);

/** Looks every ten minutes between two instants, or at those that are told; the instants of runs, by when they were due. */
function runs(schedule: ReportSchedule, from: string, to: string, looks?: (now: number) => boolean): string[] {
  let state: ScheduleState | undefined;
  const found: string[] = [];
  for (let now = at(from); now <= at(to); now += 600_000) {
    if (looks && !looks(now)) continue;
    const step = scheduleStep(schedule, state, now, idle());
    state = step.state;
    if (step.queue.length > 0) found.push(new Date(step.dueAt as number).toISOString().slice(0, 16));
  }
  return found;
}

test('a run a day over the change of clocks: in the gap at its end, in the repeated hour once', () => {
  expect(runs(scheduleOf(), '2026-03-27T12:00Z', '2026-03-30T12:00Z')).toEqual([
    '2026-03-28T01:30',
    '2026-03-29T01:00',
    '2026-03-30T00:30',
  ]);
  expect(runs(scheduleOf(), '2026-10-23T12:00Z', '2026-10-26T12:00Z')).toEqual([
    '2026-10-24T00:30',
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
});

test('an hourly run comes in both hours of a repeated one', () => {
  const hourly = scheduleOf({ cron: '0 * * * *' });
  expect(runs(hourly, '2026-10-24T23:10Z', '2026-10-25T02:00Z')).toHaveLength(3);
});

test('of the runs that were missed one is made up, and the next comes at its time', () => {
  const away = (now: number) => now < at('2026-06-01T12:00Z') || now > at('2026-06-05T12:00Z');
  expect(runs(scheduleOf(), '2026-05-31T12:00Z', '2026-06-07T12:00Z', away)).toEqual([
    '2026-06-01T00:30',
    '2026-06-02T00:30',
    '2026-06-06T00:30',
    '2026-06-07T00:30',
  ]);
});

test('a schedule that is new makes up nothing', () => {
  const step = scheduleStep(scheduleOf(), undefined, at('2026-06-01T12:00Z'), idle());
  expect(step).toEqual({
    state: { decidedAt: at('2026-06-01T12:00Z'), waiting: [] },
    queue: [],
    dueAt: undefined,
  });
});

test('a pair of which a report is under way waits for its end, and is then compared once', () => {
  const schedule = scheduleOf();
  const due = at('2026-06-02T00:30Z');
  const pairs = () => [valley, quay];
  const valleyIsBusy = { pairs, isBusy: (pair: Pair) => pair.source === 'valley' };
  const first = scheduleStep(schedule, { decidedAt: due - HOUR, waiting: [] }, due, valleyIsBusy);
  expect([first.queue, first.state.waiting]).toEqual([[quay], [valley]]);
  const second = scheduleStep(schedule, first.state, due + HOUR, valleyIsBusy);
  expect([second.queue, second.state.waiting]).toEqual([[], [valley]]);
  const third = scheduleStep(schedule, second.state, due + 2 * HOUR, { pairs, isBusy: () => false });
  expect([third.queue, third.state.waiting, third.dueAt]).toEqual([[valley], [], undefined]);
  const nextDay = scheduleStep(schedule, second.state, due + 24 * HOUR, { pairs, isBusy: () => false });
  expect(nextDay.queue).toEqual([valley, quay]);
});

test('a pair that has gone while it waited is waited for no longer', () => {
  const state = { decidedAt: at('2026-06-02T00:30Z'), waiting: [valley] };
  const step = scheduleStep(scheduleOf(), state, at('2026-06-02T01:30Z'), { pairs: () => [quay], isBusy: () => false });
  expect(step.state.waiting).toEqual([]);
  expect(step.queue).toEqual([]);
});

test('a clock that is set back by days loses no run; one that is set back by a little repeats none', () => {
  const schedule = scheduleOf();
  const ahead: ScheduleState = { decidedAt: at('2031-01-01T00:00Z'), waiting: [] };
  const set = scheduleStep(schedule, ahead, at('2026-06-01T12:00Z'), idle());
  expect(set.queue).toEqual([]);
  expect(scheduleStep(schedule, set.state, at('2026-06-02T00:30Z'), idle()).queue).toEqual([valley]);
  const done: ScheduleState = { decidedAt: at('2026-06-02T00:30:01Z'), waiting: [] };
  const back = scheduleStep(schedule, done, at('2026-06-02T00:29:59Z'), idle());
  expect(scheduleStep(schedule, back.state, at('2026-06-02T00:30:00Z'), idle()).queue).toEqual([]);
});

test('whatever the looks and restarts, no run is decided on twice, and none that was looked at in time is left out', () => {
  const schedule = scheduleOf({ cron: '*/20 * * * *' });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }), (minutes) => {
      let now = at('2026-03-28T20:00Z');
      let state = scheduleStep(schedule, undefined, now, idle()).state;
      const due: number[] = [];
      const expected: number[] = [];
      for (const minute of minutes) {
        const before = now;
        now += minute * 60_000;
        const next = (Math.floor(before / (HOUR / 3)) + 1) * (HOUR / 3);
        if (next <= now) expected.push(next);
        // A restart in between: the state goes through the database as text.
        const step = scheduleStep(schedule, JSON.parse(JSON.stringify(state)), now, idle());
        state = step.state;
        if (step.dueAt !== undefined) due.push(step.dueAt);
      }
      expect(due).toEqual(expected);
    }),
  );
});

test('patterns choose pairs: any part, any destination', () => {
  const due = at('2026-06-02T00:30Z');
  const chosen = (part: object) =>
    scheduleStep(scheduleOf(part), { decidedAt: due - HOUR, waiting: [] }, due, idle([valley, quay, copy])).queue;
  expect(chosen({})).toEqual([valley, quay, copy]);
  expect(chosen({ source: 'coast/*/*' })).toEqual([quay, copy]);
  expect(chosen({ source: '*/*/valley' })).toEqual([valley]);
  expect(chosen({ destination: 'copy' })).toEqual([copy]);
  expect(chosen({ source: 'alps/*/*', destination: 'copy' })).toEqual([]);
});

test('the last days are counted on the calendar of the schedule', () => {
  const paris = scheduleOf({ days: 2 });
  expect(scheduleFilter(paris, at('2026-11-23T22:59Z'))).toEqual({ fromDay: '20261122', lastDays: 2 });
  expect(scheduleFilter(paris, at('2026-11-23T23:01Z'))).toEqual({ fromDay: '20261123', lastDays: 2 });
  expect(scheduleFilter(scheduleOf({ days: 1 }), at('2026-03-01T12:00Z')).fromDay).toBe('20260301');
  expect(scheduleFilter(scheduleOf({ days: 2 }), at('2026-03-01T12:00Z')).fromDay).toBe('20260228');
  expect(scheduleFilter(scheduleOf(), at('2026-03-01T12:00Z'))).toEqual({});
});

test.each([
  [{ cron: '61 * * * *' }, 'a cron pattern is allowed'],
  [{ zone: 'Paris' }, 'an IANA time zone is allowed'],
  [{ source: 'garden' }, 'SITE/DEVICE/SOURCE is allowed'],
  [{ source: '*/*/gar*' }, 'SITE/DEVICE/SOURCE is allowed'],
  [{ destination: 'a b' }, 'the name of a destination is allowed'],
  [{ days: 0 }, '1 to 3660 days are allowed'],
  [{ days: 1.5 }, 'a whole number of days is allowed'],
  [{ every: '1h' }, 'every'],
])('a schedule that cannot be used is refused: %o', (part, message) => {
  const { error } = reportsConfig.safeParse({ schedule: [{ cron: '0 3 * * *', ...part }] });
  expect(error?.issues.map((issue) => issue.message).join()).toContain(message);
});

test('two equal schedules are refused, and what is left out has a default', () => {
  const cron = '0 3 * * *';
  expect(reportsConfig.safeParse({ schedule: [{ cron }, { cron, zone: 'UTC' }] }).error?.issues[0]).toMatchObject({
    message: 'the same as schedule 1: each is allowed once',
    path: ['schedule', 1],
  });
  expect(reportsConfig.parse({})).toEqual({
    schedule: [],
    listAgainAfter: 7 * 24 * HOUR,
    keep: 90 * 24 * HOUR,
    keepAtLeast: 10,
  });
});

test('a schedule names a destination that the hub knows', () => {
  const parsed = (destination: string) =>
    hubConfig.safeParse({
      dataFolder: 'hub',
      broker: { type: 'embedded', accountsFile: 'accounts' },
      destinations: [{ name: 'archive', type: 'directory', root: '/srv' }],
      reports: { schedule: [{ cron: '0 3 * * *', destination }] },
    }).error?.issues[0];
  expect(parsed('archive')).toBeUndefined();
  expect(parsed('*')).toBeUndefined();
  expect(parsed('archiv')).toMatchObject({
    path: ['reports', 'schedule', 0, 'destination'],
    message: '"archiv": a name of "destinations" is allowed (archive), or *',
  });
});
