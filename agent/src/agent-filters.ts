import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { takenBy } from '@vigie/shared/protocol/destination-filter';
import type { AgentConfig } from './config.ts';
import type { Ledger } from './store/ledger.ts';
import { applyFilter, forgetFilters, type Takes } from './store/left-out.ts';

/** The filters of the destinations. The ledger is brought in line with those that have changed since the last start. */
export function openFilters(options: {
  config: Pick<AgentConfig, 'sources' | 'destinations'>;
  ledger: Ledger;
  clock: Pick<Clock, 'now'>;
  log: Log;
}): { takes: Takes } {
  const { config, ledger, clock, log } = options;
  const filters = new Map(config.destinations.map(({ name, filter }) => [name, filter]));
  const pairs = config.sources.flatMap((source) =>
    source.destinations.map((destination) => ({
      ...{ source: source.name, destination, filter: filters.get(destination) },
    })),
  );
  forgetFilters(ledger, pairs);
  for (const pair of pairs) {
    const change = applyFilter(ledger, pair, clock.now());
    if (!change) continue;
    log.warn(
      { source: pair.source, destination: pair.destination, ...change },
      'the filter of a destination has changed: what it leaves out is not owed to it any more, what it lets in waits for a re-sync',
    );
  }
  const tests = new Map([...filters].map(([name, filter]) => [name, takenBy(filter)]));
  return { takes: (destination, path) => tests.get(destination)?.(path) ?? true };
}
