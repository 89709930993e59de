import { isFinal, type JobOrder, type Message } from '@vigie/shared/protocol/messages';

type Want = JobOrder['want'];
type Update = Pick<Message<'job/update'>, 'state' | 'expectedVersion'>;

/**
 * What a job's order is after its device has told of it. `stands` is whether the device's state answers the order as it now is.
 *
 * An operator may order at the device itself, while the hub is away: its version is then above the hub's, and the hub takes it
 * over. Where both ordered different things as the same version, the hub's holds and becomes a newer one.
 */
export function agree(
  order: { version: number; want: Want },
  { state, expectedVersion }: Update,
): { version: number; want: Want; stands: boolean } {
  if (isFinal(state)) return { ...order, version: Math.max(order.version, expectedVersion), stands: true };
  const followed: Want = state === 'PAUSED' ? 'pause' : 'run';
  if (expectedVersion > order.version) return { version: expectedVersion, want: followed, stands: true };
  if (expectedVersion < order.version) return { ...order, stands: false };
  return order.want === followed ? { ...order, stands: true } : { ...order, version: order.version + 1, stands: false };
}
