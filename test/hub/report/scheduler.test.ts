import { reportsConfig } from '@vigie/hub/report/reports-config';
import { createReportScheduler } from '@vigie/hub/report/scheduler';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore } from '@vigie/hub/store/reports';
import { createScheduleStore } from '@vigie/hub/store/schedules';
import { openStore } from '@vigie/hub/store/store';
import { expect, onTestFinished, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const daily = { cron: '0 3 * * *', zone: 'Europe/Paris' };
const NIGHT = Date.UTC(2026, 10, 23, 22);

/** A hub's database with one device, whose source `garden` delivers to `archive`; `start` is a start of the hub. */
async function hub() {
  const folder = await tempFolder();
  const clock = createSteppedClock(NIGHT);
  const open = openStore(folder);
  onTestFinished(() => open[Symbol.dispose]());
  const devices = createDevices(open, clock);
  const address = { site: 'main', device: 'cam-1' };
  devices.status(address, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  devices.state(address, deviceState({ sources: [sourceState()] }), true);
  const reports = createReportStore(open, clock);
  const start = (schedule: object[]) => {
    const scheduler = createReportScheduler({
      schedules: reportsConfig.parse({ schedule }).schedule,
      store: createScheduleStore(open),
      history: createReportHistory(open),
      devices,
      listable: new Set(['archive']),
      queue: (values) => reports.create(values),
      activities: createActivities(open, clock, () => undefined),
      clock,
    });
    return {
      /** Time passes, with a look every so often. */
      passes(ms: number, everyMs = 30 * MINUTE) {
        for (const end = clock.now() + ms; clock.now() < end; ) {
          clock.take(everyMs);
          scheduler.look();
        }
      },
    };
  };
  return {
    clock,
    reports,
    start,
    made: () => reports.list(0, 100).rows.reverse(),
    said: () =>
      createActivities(open, clock, () => undefined)
        .recent(10)
        .map(({ message }) => message),
  };
}

test('a report a night, with its trigger, and none beside one that is under way', async () => {
  const { start, made, reports } = await hub();
  start([{ ...daily, days: 2 }]).passes(3 * DAY);
  expect(made()).toHaveLength(1);
  const [first] = made();
  expect(first).toMatchObject({ trigger: 'schedule', by: 'schedule', sync: false, state: 'queued' });
  expect(JSON.parse(first?.filter as string)).toEqual({ fromDay: '20261123', lastDays: 2 });
  expect(JSON.parse(first?.right as string)).toMatchObject({ type: 'destination', destination: 'archive' });

  const running = reports.take();
  reports.end(running?.id as string, 'failed', 'refused');
  const again = await hub();
  const scheduler = again.start([{ ...daily, sync: true, proof: 'digest' }]);
  for (let night = 1; night <= 3; night++) {
    scheduler.passes(DAY);
    expect(again.made()).toHaveLength(night);
    again.reports.end(again.made().at(-1)?.id as string, 'cancelled', null);
  }
  expect(again.made().every(({ sync, proof }) => sync && proof === 'digest')).toBe(true);
});

test('after a restart one missed run is made up, a minute after the start; a changed schedule begins anew', async () => {
  const { clock, start, made, reports } = await hub();
  start([daily]).passes(2 * MINUTE, MINUTE);
  clock.take(5 * DAY);
  const started = clock.now();
  start([daily]).passes(10 * MINUTE, 10_000);
  expect(made().map(({ createdAt }) => createdAt - started)).toEqual([MINUTE]);
  reports.end(made()[0]?.id as string, 'failed', null);
  clock.take(5 * DAY);
  start([{ ...daily, cron: '0 4 * * *' }]).passes(10 * MINUTE);
  expect(made()).toHaveLength(1);
});

test('what was due while a report was under way comes when that has ended, also after a restart', async () => {
  const { start, made, reports } = await hub();
  start([daily]).passes(DAY);
  start([daily]).passes(DAY);
  expect(made()).toHaveLength(1);
  reports.end(made()[0]?.id as string, 'failed', null);
  start([daily]).passes(2 * MINUTE, MINUTE);
  expect(made()).toHaveLength(2);
});

test('a schedule that fits nothing says so', async () => {
  const { start, made, said } = await hub();
  start([{ ...daily, source: '*/*/valley' }]).passes(DAY);
  expect(made()).toEqual([]);
  expect(said()).toEqual([expect.stringContaining('nothing to compare')]);
});
