import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import type { TakenAt, Trust } from '../store/captures.ts';
import type { BootTime } from './boot-time.ts';
import type { ClockFloor } from './clock-floor.ts';
import type { ClockWord } from './clock-word.ts';

/**
 * How far the machine's clock is believed, from the least: `wrong` stands before a time that was already seen, `plausible` does
 * not, and `synchronised` was set by a source of true time, by the kernel's word.
 */
export const TRUST = ['wrong', 'plausible', 'synchronised'] as const satisfies Trust[];
export const lesserTrust = (level: Trust): Trust[] => TRUST.slice(0, TRUST.indexOf(level));
export const believesMore = (a: Trust, b: Trust): boolean => TRUST.indexOf(a) > TRUST.indexOf(b);

/** The clock was set: it told `from`, and the next moment `to`, both ms since 1970. */
export type ClockStep = { from: number; to: number };

export type ClockTrust = {
  level(): Trust;
  /** How often the clock was set so far. */
  steps(): number;
  /** Now, as it can be corrected later. */
  mark(): TakenAt;
  /** Looks whether the clock was set since the last look; what follows from it is done when this resolves. */
  look(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
};

/** What a clock gains or loses between two looks is less; a step below it makes no slot early or late by more. */
const STEP_MS = 1_000;
const LOOK_EVERY_MS = 5_000;
/** The kernel is asked this often: while the clock is not synchronised, and when it is. */
const ASK_EVERY_MS = { unsure: 10_000, sure: 600_000 };

export function createClockTrust(options: {
  floor: ClockFloor;
  word: ClockWord;
  boot: BootTime;
  clock: Clock;
  stepped: (step: ClockStep) => void;
  /**
   * From now on the clock is believed more than before, or this is the start. What this boot has told with less trust was taken at
   * its boot time + `offsetMs`.
   */
  raised: (level: Trust, offsetMs: number) => void;
  log: Log;
}): ClockTrust {
  const { floor, word, boot, clock, log } = options;
  let synchronised = false;
  let offsetMs = clock.now() - boot.ms();
  let lastLevel: Trust | undefined;
  let askAt = -Infinity;
  let steps = 0;
  let looking: Promise<void> | undefined;

  const level = (): Trust => (synchronised ? 'synchronised' : floor.trusted() ? 'plausible' : 'wrong');

  /** Asks the kernel where the clock was set: whoever sets it tells the kernel in the same moment. */
  async function lookNow(ask: boolean): Promise<void> {
    const step = stepSince();
    if (step || ask) {
      synchronised = (await word()) === true;
      askAt = boot.ms() + (synchronised ? ASK_EVERY_MS.sure : ASK_EVERY_MS.unsure);
      if (synchronised) floor.confirm();
    }
    const now = level();
    if (lastLevel === undefined || believesMore(now, lastLevel)) {
      log.info({ clock: now }, 'how far the clock is believed');
      options.raised(now, offsetMs);
    }
    lastLevel = now;
    if (!step) return;
    log.warn({ stepMs: step.to - step.from, clock: now }, 'the clock was set');
    steps += 1;
    options.stepped(step);
  }

  function stepSince(): ClockStep | undefined {
    const to = clock.now();
    const offset = to - boot.ms();
    const stepMs = offset - offsetMs;
    offsetMs = offset;
    return Math.abs(stepMs) < STEP_MS ? undefined : { from: to - stepMs, to };
  }

  function look(ask = false): Promise<void> {
    looking ??= lookNow(ask).finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    level,
    steps: () => steps,
    mark: () => ({ takenAt: clock.now(), bootId: boot.id, bootMs: boot.ms(), trust: level() }),
    look: () => look(),
    async run(signal) {
      for (; !signal.aborted; await clock.sleep(LOOK_EVERY_MS, signal)) await look(boot.ms() >= askAt);
    },
  };
}
