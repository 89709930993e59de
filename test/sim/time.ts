import type { Clock } from '@vigie/shared/kit/clock';

/** One life of a program, from a start to its end or to the cut of its power: what waits in it then never goes on. */
export type Life = {
  readonly clock: Clock;
  readonly isOver: boolean;
  cut(): void;
  /** Called at the cut, by what the world has to do with this program. */
  whenCut(listener: () => void): void;
};

/** A machine: its clock on the wall may be set, and outlasts the lives of its program. */
export type Machine = { begin(): Life; set(offsetMs: number): void; now(): number };

/** Time that passes when nobody can go on without it. Everything that waits wakes in the order of its instant. */
export type SimTime = {
  /** Milliseconds since the beginning. */
  passed(): number;
  /** Something that happens later, to no program in particular. */
  after(ms: number, happen: () => void): void;
  machine(): Machine;
  /** Goes on, waker by waker, for so long. `each` is called whenever everything stands still. */
  run(ms: number, each?: () => void): Promise<void>;
  /** So much time passes at once, as for machines that were too busy to wake anybody: all that is due wakes late. */
  leap(ms: number): void;
};

export const BEGINNING = Date.UTC(2026, 10, 23, 12);

/** A timer is never early, and a little late. */
const LATE_MAX_MS = 20;
/** Wakers within one instant of `run`: more is a loop that never waits. */
const WAKERS_MAX = 2_000_000;

type Waker = { at: number; order: number; wake: () => void; isOver: () => boolean };

export function createSimTime(random: () => number): SimTime {
  const wakers = createQueue();
  let passed = 0;

  function begin(now: () => number): Life {
    let isOver = false;
    const listeners: (() => void)[] = [];
    const clock: Clock = {
      now,
      monotonic: () => passed,
      sleep(ms, signal) {
        const { promise, resolve } = Promise.withResolvers<void>();
        if (isOver) return promise;
        if (signal?.aborted) return Promise.resolve();
        let isAwake = false;
        const wake = () => {
          if (isAwake || isOver) return;
          isAwake = true;
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        signal?.addEventListener('abort', wake, { once: true });
        const late = Math.floor(random() * LATE_MAX_MS);
        wakers.add(passed + Math.max(1, ms) + late, wake, () => isAwake || isOver);
        return promise;
      },
    };
    return {
      clock,
      get isOver() {
        return isOver;
      },
      cut() {
        isOver = true;
        for (const listener of listeners.splice(0)) listener();
      },
      whenCut(listener) {
        listeners.push(listener);
      },
    };
  }

  return {
    passed: () => passed,
    after: (ms, happen) => wakers.add(passed + ms, happen, () => false),
    machine() {
      let offset = 0;
      const now = () => BEGINNING + offset + Math.floor(passed);
      return {
        now,
        begin: () => begin(now),
        set(offsetMs) {
          offset = offsetMs;
        },
      };
    },
    async run(ms, each = () => undefined) {
      const end = passed + ms;
      await quiet();
      for (let woken = 0; ; woken++) {
        each();
        const next = wakers.take(end);
        if (!next) break;
        if (woken > WAKERS_MAX) throw new Error(`simulate: ${WAKERS_MAX} wakers within ${ms} ms`);
        passed = Math.max(passed, next.at);
        next.wake();
        await quiet();
      }
      passed = end;
    },
    leap(ms) {
      passed += ms;
    },
  };
}

/**
 * Resolves when nobody can go on but by this time. Node itself says so: its event loop is empty, so every promise that could go on
 * has, and no thread (a list that is unpacked) is at work. It is only so in a process that listens to nothing else.
 */
function quiet(): Promise<void> {
  return new Promise((resolve) => process.once('beforeExit', () => setImmediate(resolve)));
}

/** A binary heap, by instant and then by order. */
function createQueue() {
  const heap: Waker[] = [];
  let count = 0;
  const isBefore = (a: Waker, b: Waker): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j] as Waker, heap[i] as Waker];
  };

  function pop(): Waker | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let i = 0; ; ) {
      const children = [2 * i + 1, 2 * i + 2].filter((child) => child < heap.length);
      const least = children.reduce((a, b) => (isBefore(heap[b] as Waker, heap[a] as Waker) ? b : a), i);
      if (least === i) return first;
      swap(i, least);
      i = least;
    }
  }

  return {
    add(at: number, wake: () => void, isOver: () => boolean): void {
      heap.push({ at, order: count++, wake, isOver });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!isBefore(heap[i] as Waker, heap[parent] as Waker)) return;
        swap(i, parent);
        i = parent;
      }
    },
    /** The next one that is due until then, or undefined. */
    take(end: number): Waker | undefined {
      for (let first = heap[0]; first !== undefined; first = heap[0]) {
        if (!first.isOver() && first.at > end) return undefined;
        pop();
        if (!first.isOver()) return first;
      }
      return undefined;
    },
  };
}
