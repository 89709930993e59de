import type { Clock } from '../kit/clock.ts';

/**
 * How many bytes of files may be on their way unacknowledged over one connection, all its transfers together. It follows the measured
 * speed and way: a fast link over a long way is kept full, and on a slow one no queue grows behind which a fresher picture would wait.
 */
export type Window = {
  /** Bytes. */
  readonly max: number;
  /** Counts so many bytes as sent; undefined where they have to wait for their turn. */
  take(bytes: number): Answered | undefined;
  /** The same when their turn comes, first come, first served; an abort throws the signal's reason. */
  wait(bytes: number, signal?: AbortSignal): Promise<Answered>;
};
/** To be called once for bytes that were taken: they have been acknowledged, or will never be. */
export type Answered = (acknowledged: boolean) => void;

/** Enough for 20 Mbit/s over 100 ms: measurements then let it grow. */
const BYTES_MIN = 256 * 1024;
/** OpenSSH's window for a channel. */
const BYTES_MAX = 2 * 1024 * 1024;
/** What may wait in queues besides what is really on its way. */
const QUEUE_MS = 400;
const MEASURED_MS = 100;

export function createWindow(clock: Pick<Clock, 'monotonic'>): Window {
  let max = BYTES_MIN;
  let inFlight = 0;
  let since = 0;
  let bytes = 0;
  /** The shortest time that an acknowledgement ever took: the way there and back. */
  let roundTripMs = Number.POSITIVE_INFINITY;
  const waiting: (() => void)[] = [];

  function acknowledged(count: number, now: number): void {
    bytes += count;
    const ms = now - since;
    if (ms < MEASURED_MS) return;
    const wanted = (bytes / ms) * (QUEUE_MS + 2 * roundTripMs);
    max = Math.min(BYTES_MAX, Math.max(BYTES_MIN, Math.round(wanted)));
    since = now;
    bytes = 0;
  }

  function send(count: number): Answered {
    const sentAt = clock.monotonic();
    // That nothing was sent before is no slowness.
    if (inFlight === 0) {
      since = sentAt;
      bytes = 0;
    }
    inFlight += count;
    return (isAcknowledged) => {
      inFlight -= count;
      if (isAcknowledged) {
        const now = clock.monotonic();
        roundTripMs = Math.min(roundTripMs, now - sentAt);
        acknowledged(count, now);
      }
      while (inFlight < max && waiting.length > 0) waiting.shift()?.();
    };
  }

  return {
    get max() {
      return max;
    },
    take: (count) => (waiting.length === 0 && inFlight < max ? send(count) : undefined),
    async wait(count, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Answered>();
      const turn = () => resolve(send(count));
      const aborted = () => {
        const at = waiting.indexOf(turn);
        if (at < 0) return;
        waiting.splice(at, 1);
        reject(signal?.reason);
      };
      waiting.push(turn);
      signal?.addEventListener('abort', aborted, { once: true });
      try {
        return await promise;
      } finally {
        signal?.removeEventListener('abort', aborted);
      }
    },
  };
}
