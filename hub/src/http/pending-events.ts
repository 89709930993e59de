import type { LiveEvent, LiveTopic } from './schema.ts';

/**
 * Changes that one client has not been told yet. The same change is told once however often it happened; when there are more than
 * `most`, they become one `*` a topic. So a client that does not read costs next to nothing and still misses nothing.
 */
export function createPendingEvents(most: number) {
  const pending = new Map<string, LiveEvent>();
  return {
    add(event: LiveEvent): void {
      if (pending.has(`${event.topic} *`)) return;
      pending.set(`${event.topic} ${event.key}`, event);
      if (pending.size <= most) return;
      const topics = new Set<LiveTopic>([...pending.values()].map(({ topic }) => topic));
      pending.clear();
      for (const topic of topics) pending.set(`${topic} *`, { topic, key: '*' });
    },
    /** All of them, in the order in which they came first. */
    take(): LiveEvent[] {
      const events = [...pending.values()];
      pending.clear();
      return events;
    },
  };
}
