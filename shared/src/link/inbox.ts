/**
 * Messages in the order of their arrival, handled one at a time. Bounded: `push` answers false when the inbox is full,
 * and the connection then stops reading until `onRoom` is called.
 */
export type Inbox<Item> = {
  push(item: Item): boolean;
  onRoom(listener: () => void): void;
  /** Forgets what waits and satisfies the condition. */
  forget(condition: (item: Item) => boolean): void;
  /** Stops after the item that is being handled; resolves when that is done. */
  stop(): Promise<void>;
};

export function createInbox<Item>(options: {
  entriesMax: number;
  bytesMax: number;
  bytesOf: (item: Item) => number;
  /** Never rejects. */
  handle: (item: Item) => Promise<void>;
}): Inbox<Item> {
  let waiting: Item[] = [];
  let bytes = 0;
  let running: Promise<void> | undefined;
  let stopped = false;
  let roomListeners: (() => void)[] = [];

  const hasRoom = () => waiting.length < options.entriesMax && bytes < options.bytesMax;
  const tellRoom = () => {
    if (!hasRoom() || roomListeners.length === 0) return;
    const listeners = roomListeners;
    roomListeners = [];
    for (const listener of listeners) listener();
  };

  const drain = async () => {
    for (let item = waiting.shift(); item !== undefined && !stopped; item = waiting.shift()) {
      bytes -= options.bytesOf(item);
      tellRoom();
      await options.handle(item);
    }
    running = undefined;
  };

  return {
    push(item) {
      if (stopped) return true;
      waiting.push(item);
      bytes += options.bytesOf(item);
      running ??= drain();
      return hasRoom();
    },
    onRoom(listener) {
      roomListeners.push(listener);
      tellRoom();
    },
    forget(condition) {
      waiting = waiting.filter((item) => !condition(item));
      bytes = waiting.reduce((sum, item) => sum + options.bytesOf(item), 0);
      tellRoom();
    },
    async stop() {
      stopped = true;
      waiting = [];
      await running;
    },
  };
}
