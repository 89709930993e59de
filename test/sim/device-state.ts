import type { Deliverer } from '@vigie/agent/deliver/deliverer';
import { destinationState } from '@vigie/agent/hub-link/state';
import type { Assets } from '@vigie/agent/store/assets';
import type { Deliveries } from '@vigie/agent/store/deliveries';
import type { Ledger } from '@vigie/agent/store/ledger';
import type { Outbox } from '@vigie/agent/store/outbox';
import type { Clock } from '@vigie/shared/kit/clock';
import type { DeviceState } from '@vigie/shared/protocol/messages';

/** What a simulated device with one source tells of itself. */
export function stateOf(options: {
  name: string;
  version: string;
  /** By the time that no clock setting changes. */
  startedAt: number;
  ledger: Ledger;
  outbox: Outbox;
  assets: Assets;
  deliveries: Deliveries;
  deliverers: ReadonlyMap<string, Deliverer>;
  clock: Clock;
}): DeviceState {
  const { name, version, startedAt, ledger, outbox, assets, deliveries, deliverers, clock } = options;
  return {
    ...{ at: clock.now(), session: ledger.session, version, residentBytes: 0, clockTrusted: true },
    uptimeS: Math.round((clock.monotonic() - startedAt) / 1000),
    disk: { freeBytes: 1, totalBytes: 2 },
    outbox: outbox.size(),
    sources: [
      {
        ...{ name, camera: 'simulated', zone: 'UTC', capturing: false, everyMs: null, cron: null },
        ...{ lastCaptureAt: null, nextCaptureAt: null, lastFailure: null, waiting: 0, failures: 0 },
        ...{ generation: ledger.generation, seq: assets.seq(), held: assets.held(), storage: 'present' },
        destinations: [...deliverers].map(([at, d]) => destinationState(name, at, deliveries, d.condition())),
      },
    ],
  };
}
