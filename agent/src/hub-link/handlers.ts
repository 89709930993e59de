import type { Clock } from '@vigie/shared/kit/clock';
import type { Deliverer } from '../deliver/deliverer.ts';
import type { Source } from '../source.ts';
import type { Deliveries } from '../store/deliveries.ts';
import type { Ledger } from '../store/ledger.ts';
import type { CommandHandlers } from './commands.ts';
import { explainAsset } from './explain.ts';

/** What each command does on this agent. */
export function commandHandlers(options: {
  sources: ReadonlyMap<string, Source>;
  sourceOf: (name: string) => Source;
  deliverers: ReadonlyMap<string, Deliverer>;
  deliveries: Deliveries;
  ledger: Ledger;
  version: string;
  clock: Clock;
}): CommandHandlers {
  const { sources, sourceOf, deliverers, deliveries, ledger, version, clock } = options;
  const chosen = (name: string | undefined): Source[] =>
    name === undefined ? [...sources.values()] : [sourceOf(name)];

  return {
    ping: () => ({
      version,
      at: clock.now(),
      sources: [...sources.values()].map(({ name, assets, storage }) => ({
        name,
        generation: ledger.generation,
        seq: assets.seq(),
        storage: storage(),
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
    explain({ source, destination, paths }) {
      const { assets, config } = sourceOf(source);
      const name = destination ?? config.destinations[0] ?? '';
      const condition = deliverers.get(name)?.condition();
      return paths.map((path) => {
        const row = assets.find(path);
        const standing = row ? deliveries.standing(row.id, name) : (assets.purged(path) ?? 'not-held');
        return explainAsset(path, standing, condition);
      });
    },
  };
}
