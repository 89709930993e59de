import type { Clock } from '@vigie/shared/kit/clock';
import type { Gpio, OutputLine } from '../gpio/gpio.ts';

/**
 * Takes a camera's power away and gives it back. Resolves when the camera has had its time to start. Calls that come while one
 * runs share it. When the signal aborts, power comes back at once and the promise rejects with the signal's reason. Errors are
 * VigieErrors of the Gpio port.
 */
export type PowerCycle = (signal?: AbortSignal) => Promise<void>;

/** A relay that switches the power of one or more cameras. */
export interface Relay extends Disposable {
  /** Has what hangs on it power, as far as the line says? */
  readonly powered: boolean;
  readonly cycle: PowerCycle;
}

export type RelayOptions = {
  gpio: Gpio;
  line: number;
  activeLow: boolean;
  /** The relay's contact: `closed` at rest lets a camera have power while the line is not driven; `open` cuts it then. */
  contactAtRest: 'closed' | 'open';
  /** How long power is away, in milliseconds. */
  offMs: number;
  /** How long a camera takes to start, in milliseconds. */
  startMs: number;
  /** What hangs on it has power from the start. Has it at the end, too? */
  poweredAtEnd: boolean;
  clock: Clock;
};

/** Opens the line with power on. Disposing of it leaves the relay in its state for the end. */
export function openRelay(options: RelayOptions): Relay {
  const { gpio, offMs, startMs, poweredAtEnd, clock } = options;
  // The coil draws current while the line is active, and the contact is then the other way round.
  const coilFor = (powered: boolean) => powered === (options.contactAtRest === 'open');
  const line: OutputLine = gpio.openOutput({
    line: options.line,
    activeLow: options.activeLow,
    initiallyActive: coilFor(true),
  });
  type Cycle = { done: Promise<void>; stop: AbortController; callers: number };
  let cycling: Cycle | undefined;
  const ended = new AbortController();

  async function turn(signal: AbortSignal): Promise<void> {
    line.set(coilFor(false));
    await clock.sleep(offMs, signal);
    signal.throwIfAborted();
    line.set(coilFor(true));
    await clock.sleep(startMs, signal);
    signal.throwIfAborted();
  }

  function begin(): Cycle {
    const stop = new AbortController();
    const done = turn(AbortSignal.any([stop.signal, ended.signal])).finally(() => {
      if (cycling === begun) cycling = undefined;
    });
    // Each caller is told; when all have given up, nobody is left to tell.
    done.catch(() => undefined);
    const begun: Cycle = { done, stop, callers: 0 };
    return begun;
  }

  /** One caller less: the last one takes the cycle with it, and power is back before it hears so. */
  function leave(mine: Cycle): void {
    mine.callers -= 1;
    if (mine.callers > 0 || cycling !== mine) return;
    cycling = undefined;
    mine.stop.abort();
    line.set(coilFor(true));
  }

  async function cycle(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    ended.signal.throwIfAborted();
    cycling ??= begin();
    const mine = cycling;
    mine.callers += 1;
    let stopListening = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      const giveUp = () => {
        try {
          leave(mine);
          reject(signal?.reason);
        } catch (error) {
          reject(error);
        }
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      stopListening = () => signal?.removeEventListener('abort', giveUp);
    });
    try {
      await Promise.race([mine.done, givenUp]);
    } finally {
      stopListening();
    }
  }

  return {
    get powered() {
      return line.active === coilFor(true);
    },
    cycle,
    [Symbol.dispose]() {
      if (ended.signal.aborted) return;
      ended.abort();
      try {
        line.set(coilFor(poweredAtEnd));
      } finally {
        line[Symbol.dispose]();
      }
    },
  };
}
