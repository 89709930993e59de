import type { Clock } from '../kit/clock.ts';

/**
 * How many bytes of files may be on their way unacknowledged. It follows the measured speed and way: a fast link over a long way is kept
 * full, and on a slow one no queue grows behind which a fresher picture would wait.
 */
export type Window = {
  /** Bytes. */
  readonly max: number;
  /** A file begins: that nothing was sent before is no slowness. */
  begin(): void;
  /** So many bytes are sent; what it returns is called when they are acknowledged. */
  sent(bytes: number): () => void;
};

/** Enough for 20 Mbit/s over 100 ms: measurements then let it grow. */
const BYTES_MIN = 256 * 1024;
/** OpenSSH's window for a channel. */
const BYTES_MAX = 2 * 1024 * 1024;
/** What may wait in queues besides what is really on its way. */
const QUEUE_MS = 400;
const MEASURED_MS = 100;

export function createWindow(clock: Pick<Clock, 'monotonic'>): Window {
  let max = BYTES_MIN;
  let since = clock.monotonic();
  let bytes = 0;
  /** The shortest time that an acknowledgement ever took: the way there and back. */
  let roundTripMs = Number.POSITIVE_INFINITY;

  function acknowledged(count: number, now: number): void {
    bytes += count;
    const ms = now - since;
    if (ms < MEASURED_MS) return;
    const wanted = (bytes / ms) * (QUEUE_MS + 2 * roundTripMs);
    max = Math.min(BYTES_MAX, Math.max(BYTES_MIN, Math.round(wanted)));
    since = now;
    bytes = 0;
  }

  return {
    get max() {
      return max;
    },
    begin() {
      since = clock.monotonic();
      bytes = 0;
    },
    sent(count) {
      const sentAt = clock.monotonic();
      return () => {
        const now = clock.monotonic();
        roundTripMs = Math.min(roundTripMs, now - sentAt);
        acknowledged(count, now);
      };
    },
  };
}
