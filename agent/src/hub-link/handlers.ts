import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { operatorName } from '@vigie/shared/protocol/command';
import type { Deliverer } from '../deliver/deliverer.ts';
import type { Source } from '../source.ts';
import type { Deliveries } from '../store/deliveries.ts';
import type { DeliveryPauses } from '../store/delivery-pauses.ts';
import type { Ledger } from '../store/ledger.ts';
import type { CommandHandlers } from './commands.ts';
import { explainAsset } from './explain.ts';

/** What each command does on this agent. */
export function commandHandlers(options: {
  sources: ReadonlyMap<string, Source>;
  sourceOf: (name: string) => Source;
  deliverers: ReadonlyMap<string, Deliverer>;
  deliveries: Deliveries;
  pauses: DeliveryPauses;
  /** Something that the state tells is another. */
  changed: () => void;
  ledger: Ledger;
  /** Re-syncs that operators order of this device. */
  operatorJobs: Pick<CommandHandlers, 'resync' | 'jobs' | 'job'>;
  drill: CommandHandlers['drill'];
  version: string;
  clock: Clock;
}): CommandHandlers {
  const { sources, sourceOf, deliverers, deliveries, pauses, changed, ledger, version, clock } = options;
  const chosen = (name: string | undefined): Source[] =>
    name === undefined ? [...sources.values()] : [sourceOf(name)];

  function delivererOf(destination: string): Deliverer {
    const deliverer = deliverers.get(destination);
    if (deliverer) return deliverer;
    const names = [...deliverers.keys()].join(', ') || '(none is configured)';
    throw new VigieError('not-found', `destination "${destination}": there is none; ${names} exist`);
  }

  return {
    ...options.operatorJobs,
    drill: options.drill,
    ping: () => ({
      version,
      at: clock.now(),
      sources: [...sources.values()].map(({ name, assets, storage, rebuilding, slotDays, filters }) => ({
        name,
        generation: ledger.generation,
        seq: assets.seq(),
        storage: storage(),
        rebuilding: rebuilding(),
        ...(slotDays() && { slots: slotDays() as NonNullable<ReturnType<typeof slotDays>> }),
        filters: filters(),
      })),
    }),
    async capture({ source }, signal) {
      return { names: await sourceOf(source).capturer.capture(clock.now(), signal) };
    },
    async scan({ source }) {
      const scans = chosen(source).map(async ({ name, watched }) => ({ source: name, ...(await watched.scan()) }));
      return JSON.parse(JSON.stringify(await Promise.all(scans)));
    },
    async 'recover-stage'({ source }) {
      const all = chosen(source).map(async ({ name, watched }) => ({
        source: name,
        ...(await watched.recoverStage()),
      }));
      return JSON.parse(JSON.stringify(await Promise.all(all)));
    },
    'retry-failed'({ source, destination }) {
      const retried = deliveries.retryFailed(source, destination);
      for (const deliverer of deliverers.values()) deliverer.retry();
      return { retried };
    },
    'pause-deliveries'({ destination, forMs }, _signal, { by }) {
      const deliverer = delivererOf(destination);
      const now = clock.now();
      const pause = { at: now, by: operatorName(by), until: forMs === undefined ? null : now + forMs };
      pauses.pause(destination, pause);
      deliverer.wake();
      changed();
      return { destination, paused: pause };
    },
    'resume-deliveries'({ destination }) {
      const deliverer = delivererOf(destination);
      pauses.resume(destination);
      deliverer.retry();
      changed();
      return { destination, paused: null };
    },
    explain({ source, destination, paths }) {
      const { assets, config } = sourceOf(source);
      const name = destination ?? config.destinations[0] ?? '';
      const condition = deliverers.get(name)?.condition();
      return paths.map((path) => {
        const row = assets.find(path);
        const standing = row ? deliveries.standing(row.id, name) : (assets.purged(path) ?? 'not-held');
        return explainAsset(path, standing, condition, clock.now());
      });
    },
  };
}
