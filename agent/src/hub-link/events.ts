import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';
import type { Outbox } from '../store/outbox.ts';

/** Brings the outbox to the hub: in order, a window at a time, again until the hub has acknowledged. */
export type EventSender = {
  run(signal: AbortSignal): Promise<void>;
  /** There are new events. */
  wake(): void;
  /** The connection is new: start after what is acknowledged, the newest event first. */
  restart(): void;
  acknowledged(seq: number): void;
};

/** Events on their way without an acknowledgement: the bounded rate at which history is told. */
const WINDOW = 200;
/** Without an acknowledgement for so long, the window is sent again. */
const RESEND_AFTER_MS = 20_000;

export function createEventSender(options: {
  outbox: Outbox;
  /** Is the broker connected and the hub there? */
  open: () => boolean;
  send: (event: DeviceEvent) => Promise<void>;
  clock: Clock;
  log: Log;
}): EventSender {
  const { outbox, clock, log } = options;
  let ackedSeq = outbox.ackedSeq();
  let sentSeq = ackedSeq;
  let progressAt = clock.monotonic();
  let fresh = true;
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  async function pass(): Promise<boolean> {
    const newest = fresh ? outbox.newest() : undefined;
    fresh = false;
    if (newest && outbox.size() > 1) await options.send(newest);
    const room = WINDOW - (sentSeq - ackedSeq);
    const events = room > 0 ? outbox.after(sentSeq, room) : [];
    for (const event of events) {
      const historical = newest !== undefined && event.seq < newest.seq;
      await options.send({ ...event, historical });
      sentSeq = event.seq;
    }
    return events.length > 0;
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        const late = clock.monotonic() - progressAt > RESEND_AFTER_MS;
        if (late) {
          sentSeq = ackedSeq;
          progressAt = clock.monotonic();
        }
        try {
          if (options.open() && (await pass())) continue;
        } catch (error) {
          log.debug({ error: String(error) }, 'events wait for the link');
          sentSeq = ackedSeq;
        }
        await clock.sleep(RESEND_AFTER_MS, AbortSignal.any([signal, waking.signal]));
      }
    },
    wake,
    restart() {
      sentSeq = ackedSeq;
      fresh = true;
      wake();
    },
    acknowledged(seq) {
      if (seq <= ackedSeq) return;
      outbox.acknowledge(seq);
      ackedSeq = seq;
      sentSeq = Math.max(sentSeq, seq);
      progressAt = clock.monotonic();
      wake();
    },
  };
}
