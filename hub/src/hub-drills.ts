import type { HubConfig } from './config.ts';
import { createDrillList } from './drill/drill-document.ts';
import { createDrills, type Drills } from './drill/drills.ts';
import type { HubServices } from './http/services.ts';
import { createDrillStore } from './store/drills.ts';
import type { Store } from './store/store.ts';

type Options = Parameters<typeof createDrills>[0];

/** Joins outage drills with the hub's database, and shows them to people. */
export function openHubDrills(
  options: Pick<
    Options,
    'devices' | 'activities' | 'commander' | 'report' | 'unnoticed' | 'changed' | 'clock' | 'log'
  > & {
    store: Store;
    config: HubConfig;
  },
): Drills & { service: HubServices['drills'] } {
  const { store, config, ...parts } = options;
  const drillStore = createDrillStore(store, parts.clock);
  const drills = createDrills({
    ...parts,
    drills: drillStore,
    listable: new Set(config.destinations.map((d) => d.name)),
    personMayMend: config.resync.policy !== 'automatic',
    limits: config.drills,
  });
  return { ...drills, service: createDrillList(drillStore, drills) };
}
