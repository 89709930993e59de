import { createOutageWatch } from '@vigie/hub/resync/outage-watch';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { openStore } from '@vigie/hub/store/store';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

const ADDRESS = { site: 'main', device: 'cam-1' };
const STATE = deviceState({ sources: [sourceState()] });

/** A hub that knows one device, which is online, has told its state and agrees with it. */
async function watched(more: { policy?: 'never'; isDrill?: () => boolean } = {}) {
  let now = 1_000_000;
  const clock = { now: () => now, monotonic: () => now } as Clock;
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const reports: string[] = [];
  const watch = createOutageWatch({
    devices,
    inventories,
    activities: createActivities(store, clock, () => undefined),
    listable: new Set(['archive']),
    policy: 'automatic',
    outageAfterMs: 60_000,
    ...more,
    report: (left, right) => reports.push(`${JSON.stringify(left)} ${JSON.stringify(right)}`),
    clock,
    log: silentLog,
  });
  devices.status(ADDRESS, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  inventories.reconciled(inventories.open({ ...ADDRESS, source: 'garden' }, 'g'), 1, true);
  const tellState = () => devices.state(ADDRESS, STATE, true);
  tellState();
  return {
    devices,
    watch,
    tellState,
    later(ms: number) {
      now += ms;
      watch.look();
      return reports.length;
    },
  };
}

test('a hub that has just started compares nothing before its link is there and a device has told its state anew', async () => {
  const { watch, devices, tellState, later } = await watched();
  devices.outage(ADDRESS, 0);
  expect(later(100_000)).toBe(0);
  watch.linkUp();
  expect(later(1_000)).toBe(0);
  tellState();
  expect(later(1_000)).toBe(1);
  expect(devices.withOutage()).toEqual([]);
});

test("an outage of the hub's own link is over when the link is back, and is followed by a report", async () => {
  const { watch, devices, tellState, later } = await watched();
  watch.linkUp();
  tellState();
  expect(later(1_000)).toBe(0);
  watch.linkDown();
  expect(later(1_000)).toBe(0);
  expect(devices.withOutage()).toHaveLength(1);
  expect(later(100_000)).toBe(0);
  watch.linkUp();
  tellState();
  expect(later(1_000)).toBe(1);
});

test('a short loss is no outage', async () => {
  const { watch, devices, tellState, later } = await watched();
  watch.linkUp();
  watch.linkDown();
  expect(later(5_000)).toBe(0);
  watch.linkUp();
  tellState();
  expect(later(1_000)).toBe(0);
  expect(devices.withOutage()).toEqual([]);
});

test.each([true, false])(
  'a short outage under the policy "never" is followed by a report where it is a drill: %s',
  async (isDrill) => {
    const { watch, tellState, later } = await watched({ policy: 'never', isDrill: () => isDrill });
    watch.linkUp();
    watch.down(ADDRESS);
    tellState();
    expect(later(5_000)).toBe(isDrill ? 1 : 0);
  },
);
