import type { Entry } from '@vigie/shared/protocol/asset';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { deviceState, sourceState } from './device-state.ts';
import { ADDRESS, listeningHub } from './listening-hub.ts';

/** Just after midnight in Paris, which is another day in UTC. */
const TRUE = Date.UTC(2026, 6, 1, 22, 30);
const ENTRY: Entry = { path: '19700101/19700101000500.jpg', size: 100, sha256: 'a'.repeat(64), modifiedAt: 300_000 };

async function hub() {
  const { inventories, devices, row, hearEvent } = await listeningHub('g');
  let seq = 0;
  return {
    inventories,
    row,
    async tell(event: { type: DeviceEvent['type'] } & Record<string, unknown>) {
      seq += 1;
      await hearEvent({ source: 'garden', seq, generation: 'g', at: TRUE, historical: false, ...event } as DeviceEvent);
    },
    tellState: () => devices.state(ADDRESS, deviceState({ sources: [sourceState({ zone: 'Europe/Paris' })] }), true),
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
  await inventories.replace(row(), ['19700101'], [{ ...ENTRY, capturedAt: TRUE }], 5);
  expect(inventories.days(row()).map(({ day }) => day)).toEqual(['20260702']);
});
