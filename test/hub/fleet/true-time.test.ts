import { createIntake } from '@vigie/hub/fleet/intake';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createPreviews } from '@vigie/hub/store/previews';
import { openStore } from '@vigie/hub/store/store';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { encodeMessage } from '@vigie/shared/link/payload';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { DeviceEvent, Message } from '@vigie/shared/protocol/messages';
import { topicOf } from '@vigie/shared/protocol/topics';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const ADDRESS = { site: 'main', device: 'cam-1' };
const NAME = { ...ADDRESS, source: 'garden' };
/** Just after midnight in Paris, which is another day in UTC. */
const TRUE = Date.UTC(2026, 6, 1, 22, 30);
const ENTRY: Entry = { path: '19700101/19700101000500.jpg', size: 100, sha256: 'a'.repeat(64), modifiedAt: 300_000 };

async function hub() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const inventories = createInventories(store, systemClock);
  const devices = createDevices(store, systemClock);
  const previews = createPreviews(store, systemClock);
  const intake = createIntake({
    store,
    devices,
    inventories,
    previews,
    activities: createActivities(store, systemClock, () => undefined),
    reconciler: { ask: () => undefined, digest: async () => undefined, chunk: async () => undefined },
    acknowledge: () => undefined,
    replied: () => undefined,
    jobUpdated: () => undefined,
    born: () => undefined,
    destinationDown: () => undefined,
    live: () => undefined,
    clock: systemClock,
    log: silentLog,
  });
  const birth: Message<'status'> = { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 };
  await intake(topicOf(ADDRESS, 'status'), Buffer.from(encodeMessage('status', birth)), false);
  let seq = 0;
  return {
    inventories,
    row: () => inventories.open(NAME, 'g'),
    async tell(event: { type: DeviceEvent['type'] } & Record<string, unknown>) {
      seq += 1;
      const whole = { source: 'garden', seq, generation: 'g', at: TRUE, historical: false, ...event } as DeviceEvent;
      await intake(topicOf(ADDRESS, 'event', event.type), Buffer.from(encodeMessage('event', whole)), false);
    },
    tellState: () => devices.state(ADDRESS, { sources: [{ name: 'garden', zone: 'Europe/Paris' }] } as never, true),
  };
}

test('a picture whose time is corrected is shown under its true day; its path, bucket and digest stay', async () => {
  const { tell, tellState, inventories, row } = await hub();
  tellState();
  await tell({ type: 'captured', entry: ENTRY, sourceSeq: 1, capturedAt: 300_000 });
  const [before] = inventories.buckets(row());
  expect(inventories.days(row()).map(({ day }) => day)).toEqual(['19700101']);
  await tell({
    type: 'time-corrected',
    entry: { ...ENTRY, capturedAt: TRUE },
    was: 300_000,
    name: '20260702003000.jpg',
  });
  expect(inventories.days(row()).map(({ day }) => day)).toEqual(['20260702']);
  expect(inventories.ofDay(row(), '20260702', 0, 10).entries).toEqual([{ ...ENTRY, capturedAt: TRUE }]);
  expect(inventories.buckets(row())).toEqual([before]);
});

test('a hub that has lost its database hears the true time with the inventory', async () => {
  const { inventories, row, tellState } = await hub();
  tellState();
  inventories.replace(row(), ['19700101'], [{ ...ENTRY, capturedAt: TRUE }], 5);
  expect(inventories.days(row()).map(({ day }) => day)).toEqual(['20260702']);
});
