import { createDrills } from '@vigie/hub/drill/drills';
import type { CommandOutcome } from '@vigie/hub/fleet/commander';
import { createPresenceWatch } from '@vigie/hub/fleet/presence-watch';
import { silentLog } from '@vigie/shared/kit/log';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { deviceState, sourceState } from '../fleet/device-state.ts';
import { ADDRESS, operatingHub } from '../operator/operating-hub.ts';

const BASE = { seq: 1, generation: 'g', at: 1, historical: false, drill: 'd1' };
const BEGUN: DeviceEvent = { ...BASE, type: 'drill-begun', by: 'operator ada', forMs: 60_000 };
const ENDED: DeviceEvent = {
  ...{ ...BASE, seq: 2, type: 'drill-ended', startedAt: 1, endedAt: 2, offlineMs: 60_000 },
  ...{ captured: { count: 3, bytes: 30 }, queued: { count: 3, bytes: 30 } },
  slots: { expected: 3, taken: 3, failed: 0, off: 0 },
};

/** A hub with one device, whose answers to orders a test gives; its presence is looked at like its drills. */
async function drilling(answers: Omit<CommandOutcome, 'id'>[]) {
  const hub = await operatingHub();
  const orders: unknown[] = [];
  const reports: boolean[] = [];
  const unnoticed: string[] = [];
  const drills = createDrills({
    ...{ drills: hub.drillStore, devices: hub.devices, activities: hub.activities, clock: hub.clock, log: silentLog },
    commander: {
      async send(_, name, args) {
        orders.push([name, args]);
        return { id: 'c', ...(answers.shift() ?? { status: 'timeout' }) };
      },
    },
    listable: new Set(['archive']),
    report: (_left, _right, sync) => reports.push(sync),
    unnoticed: ({ device }) => unnoticed.push(device),
    personMayMend: false,
    limits: { returnWithin: 60_000, greenWithin: 600_000 },
    changed: () => undefined,
  });
  const presence = createPresenceWatch({
    ...{ devices: hub.devices, activities: hub.activities, clock: hub.clock },
    limits: { lateAfter: 90_000, offlineAfter: 600_000 },
    isDrilled: (row) => drills.away(row) !== undefined,
    changed: () => undefined,
  });
  const status = (state: 'ready' | 'lost') =>
    hub.devices.status(ADDRESS, { state, session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  async function later(ms: number) {
    hub.clock.advance(ms);
    presence.look();
    drills.look();
    // The answer to an order comes a moment later.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...hub, drills, orders, reports, unnoticed, status, later };
}
const types = (hub: Awaited<ReturnType<typeof drilling>>) => hub.activities.recent(20).map(({ type }) => type);

test('an order that the link lost is given again under the same name; a device that refuses ends it', async () => {
  const hub = await drilling([
    { status: 'error', error: { code: 'link-down', message: 'no link' } },
    { status: 'timeout' },
    { status: 'error', error: { code: 'conflict', message: 'drill: the re-sync "r" is under way' } },
  ]);
  const { id } = hub.drills.start({ ...ADDRESS, forMs: 60_000 }, 'ada');
  expect(() => hub.drills.start({ ...ADDRESS, forMs: 60_000 }, 'ada')).toThrow(/is under way/);
  for (let n = 0; n < 4; n++) await hub.later(1_000);
  expect(hub.orders).toEqual(Array(3).fill(['drill', { forMs: 60_000, drill: id }]));
  expect(hub.drillStore.find(id)).toMatchObject({ state: 'refused', reasons: expect.stringContaining('under way') });
});

test('a device that does not answer has failed it after a while', async () => {
  const hub = await drilling([]);
  const { id } = hub.drills.start({ ...ADDRESS, forMs: 60_000 }, 'ada');
  await hub.later(95_000);
  expect(hub.drillStore.find(id)).toMatchObject({
    state: 'failed',
    reasons: '["The device did not answer the order."]',
  });
});

test('one that is unknown or away gets no drill', async () => {
  const hub = await drilling([]);
  expect(() => hub.drills.start({ site: 'main', device: 'nobody', forMs: 60_000 }, 'ada')).toThrow(/never heard/);
  hub.status('lost');
  await hub.later(1_000);
  expect(() => hub.drills.start({ ...ADDRESS, forMs: 60_000 }, 'ada')).toThrow(/offline/);
});

test('a drill that was ordered at the device is followed from its word on, without an alarm', async () => {
  const hub = await drilling([]);
  for (let n = 0; n < 2; n++) hub.drills.told(ADDRESS, BEGUN as never);
  hub.drills.told({ site: 'main', device: 'cam-2' }, ENDED as never);
  hub.status('lost');
  await hub.later(1_000);
  expect(hub.drillStore.find('d1')).toMatchObject({ state: 'away', atDevice: true, by: 'operator ada', told: null });
  expect(types(hub)).not.toContain('device-offline');
  hub.clock.advance(60_000);
  hub.status('ready');
  await hub.later(1_000);
  hub.drills.told(ADDRESS, ENDED as never);
  hub.devices.state(ADDRESS, deviceState({ sources: [sourceState({}, 3)] }), true);
  await hub.later(1_000);
  expect(hub.drillStore.find('d1')).toMatchObject({ state: 'back', lowest: 3, drainedAt: null });
  hub.devices.state(ADDRESS, deviceState({ sources: [sourceState()] }), true);
  for (let n = 0; n < 2; n++) await hub.later(1_000);
  // The reports that follow an outage are not made here: it asks for its own.
  expect([hub.reports, hub.drillStore.find('d1')?.lowest, hub.unnoticed]).toEqual([[true], 0, []]);
});

test('a device whose absence nobody noticed is compared all the same, and fails', async () => {
  const hub = await drilling([]);
  hub.drills.told(ADDRESS, BEGUN as never);
  await hub.later(61_000);
  hub.drills.told(ADDRESS, ENDED as never);
  await hub.later(1_000);
  expect(hub.unnoticed).toEqual(['cam-1']);
  await hub.later(700_000);
  expect(hub.drillStore.find('d1')).toMatchObject({
    state: 'failed',
    reasons: expect.stringContaining('It did not vanish'),
  });
  expect(types(hub)).toContain('drill-failed');
});
