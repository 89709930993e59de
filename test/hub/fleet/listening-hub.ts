import { createIntake } from '@vigie/hub/fleet/intake';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createPreviews } from '@vigie/hub/store/previews';
import { openStore } from '@vigie/hub/store/store';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { encodeMessage } from '@vigie/shared/link/payload';
import type { Message } from '@vigie/shared/protocol/messages';
import { topicOf } from '@vigie/shared/protocol/topics';
import { onTestFinished } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

export const ADDRESS = { site: 'main', device: 'cam-1' };

/** A hub that hears one device, with a real database and nobody to answer; the device has told of its birth. */
export async function listeningHub(generation: string) {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const inventories = createInventories(store, systemClock);
  const devices = createDevices(store, systemClock);
  const activities = createActivities(store, systemClock, () => undefined);
  const intake = createIntake({
    store,
    devices,
    inventories,
    previews: createPreviews(store, systemClock),
    activities,
    reconciler: {
      ...{ ask: () => undefined, born: () => undefined, digest: async () => undefined, chunk: async () => undefined },
    },
    acknowledge: () => undefined,
    replied: () => undefined,
    jobUpdated: () => undefined,
    born: () => undefined,
    destinationDown: () => undefined,
    live: () => undefined,
    clock: systemClock,
    log: silentLog,
  });
  const birth: Message<'status'> = { state: 'ready', session: 1, generation, version: '1', at: 1, ackedSeq: 0 };
  await intake(topicOf(ADDRESS, 'status'), Buffer.from(encodeMessage('status', birth)), false);
  return {
    inventories,
    devices,
    activities,
    row: () => inventories.open({ ...ADDRESS, source: 'garden' }, generation),
    hearEvent: (event: Message<'event'>) =>
      intake(topicOf(ADDRESS, 'event', event.type), Buffer.from(encodeMessage('event', event)), false),
    hearState: (state: Message<'state'>) =>
      intake(topicOf(ADDRESS, 'state'), Buffer.from(encodeMessage('state', state)), false),
  };
}
