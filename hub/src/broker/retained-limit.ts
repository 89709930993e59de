/** Topics of which the broker keeps a message for one device: memory is its store. */
export const RETAINED_TOPICS_MAX = 256;

/** Counts the retained topics of each device; answers false when one more would be too many. */
export function createRetainedLimit(
  topicsMax = RETAINED_TOPICS_MAX,
): (device: string, topic: string, empty: boolean) => boolean {
  const devices = new Map<string, Set<string>>();
  return (device, topic, empty) => {
    const topics = devices.get(device) ?? new Set();
    devices.set(device, topics);
    if (empty) topics.delete(topic);
    else if (!topics.has(topic) && topics.size >= topicsMax) return false;
    else topics.add(topic);
    return true;
  };
}
