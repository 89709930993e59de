/**
 * Bounds on what the broker keeps in memory for a session: like Mosquitto's `max_queued_messages`. A message beyond the
 * limit is not kept for that client; agents and hub have their own stores and tell again what was not answered.
 */
export const OFFLINE_QUEUE_MAX = 1_000;
export const ONLINE_QUEUE_MAX = 20_000;

type Subscription = { clientId: string };

/** The calls of aedes's persistence that this decorates. */
export type QueueStore = {
  outgoingEnqueueCombi(subscriptions: Subscription[], packet: unknown): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: unknown): Promise<unknown>;
};

/** Decorates the store in place; `onDrop` is told the client once for each series of dropped messages. */
export function boundQueues(
  store: QueueStore,
  isOnline: (client: string) => boolean,
  onDrop: (client: string) => void,
): void {
  const lengths = new Map<string, number>();
  const dropping = new Set<string>();
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  const clear = store.outgoingClearMessageId.bind(store);

  store.outgoingEnqueueCombi = (subscriptions, packet) => {
    const kept = subscriptions.filter(({ clientId }) => {
      const length = lengths.get(clientId) ?? 0;
      if (length < (isOnline(clientId) ? ONLINE_QUEUE_MAX : OFFLINE_QUEUE_MAX)) {
        lengths.set(clientId, length + 1);
        dropping.delete(clientId);
        return true;
      }
      if (!dropping.has(clientId)) onDrop(clientId);
      dropping.add(clientId);
      return false;
    });
    return enqueue(kept, packet);
  };
  store.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    if (cleared !== undefined) lengths.set(client.id, Math.max(0, (lengths.get(client.id) ?? 0) - 1));
    return cleared;
  };
}
