import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import type { DeviceState, SourceState } from '@vigie/shared/protocol/messages';
import type { Condition } from '../deliver/deliverer.ts';
import type { Deliveries } from '../store/deliveries.ts';

/** What one destination of one source looks like from here. */
export function destinationState(
  source: string,
  destination: string,
  deliveries: Pick<Deliveries, 'backlog' | 'verifiedAmount' | 'oldestAt'>,
  { state, error, lastDeliveryAt, paused }: Condition,
  filter?: DestinationFilter,
): SourceState['destinations'][number] {
  return {
    name: destination,
    state,
    backlog: deliveries.backlog(source, destination),
    oldestAt: deliveries.oldestAt(source, destination) ?? null,
    verified: deliveries.verifiedAmount(source, destination),
    lastDeliveryAt,
    error: error && { ...error, message: error.message.slice(0, 1000) },
    ...(paused && { paused }),
    ...(filter && { filter }),
  };
}

/** What of a state is pressing: a change of it is told at once, not at the next beat. */
export function pressing(state: DeviceState): string {
  const { flags, relays, faults } = state.power ?? {};
  return JSON.stringify([
    state.sources.map((s) => [
      s.name,
      s.storage,
      s.lastFailure?.at,
      s.destinations.map((d) => [d.name, d.error?.code, d.paused?.until, d.backlog.count > 0]),
    ]),
    flags,
    relays,
    faults,
  ]);
}
