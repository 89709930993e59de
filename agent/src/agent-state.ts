import type { Clock } from '@vigie/shared/kit/clock';
import type { DeviceState } from '@vigie/shared/protocol/messages';
import type { AgentEndpoints } from './agent-endpoints.ts';
import type { AgentConfig } from './config.ts';
import type { Deliverer } from './deliver/deliverer.ts';
import type { ClockTrust } from './health/clock-trust.ts';
import { diskSpace } from './health/disk.ts';
import { diskState } from './health/disk-state.ts';
import type { Power } from './power/power.ts';
import type { Retention } from './retention.ts';
import type { Source } from './source.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';

/** The device's whole condition, as its state message tells it. */
export function deviceStateOf(parts: {
  version: string;
  config: Pick<AgentConfig, 'dataFolder'>;
  ledger: Ledger;
  outbox: Outbox;
  sources: ReadonlyMap<string, Source>;
  deliverers: ReadonlyMap<string, Deliverer>;
  retention: Retention;
  trust: ClockTrust;
  power: () => Power | undefined;
  endpoints: AgentEndpoints;
  clock: Clock;
}): () => Promise<DeviceState> {
  const { version, config, ledger, outbox, sources, deliverers, retention, trust, power, endpoints, clock } = parts;
  const startedAt = clock.monotonic();
  const idle = { state: 'stopped' as const, error: null, lastDeliveryAt: null };
  return async () => ({
    at: clock.now(),
    session: ledger.session,
    version,
    uptimeS: Math.round((clock.monotonic() - startedAt) / 1000),
    residentBytes: process.memoryUsage.rss(),
    disk: diskState(await diskSpace(config.dataFolder), retention.ladder.condition(), retention.ladder.skipped()),
    clockTrusted: trust.level() !== 'wrong',
    clockSynchronised: trust.level() === 'synchronised',
    outbox: outbox.size(),
    sources: [...sources.values()].map((s) => ({
      ...s.state((d) => deliverers.get(d)?.condition() ?? idle),
      ...retention.ownDisk(s.name),
    })),
    ...power()?.state(),
    ...(endpoints.states().length > 0 ? { endpoints: endpoints.states() } : {}),
  });
}
