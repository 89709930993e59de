import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Recoveries, Recovery, RecoveryEvent } from '../store/recoveries.ts';
import { type LadderPolicy, nextStep, type Rung, type Step } from './ladder.ts';
import { afterFailure, afterPicture, afterStep, isFailing, usedOn, usesOf } from './ladder-history.ts';

/** A rung as it was used: what it did, in words, or what kept it from being done. */
export type Used = { rung: Rung; words: string; failure?: unknown };

/** Where a camera stands on its ladder: kept over the end of the agent, and told to the hub. */
export type LadderBook = {
  isFailing(): boolean;
  /** Was there no room on its card at the last attempt? */
  isCardFull(): boolean;
  next(): Step | undefined;
  /** A rung is about to be used: it counts from here on. */
  begin(step: Step): void;
  /** An attempt that the schedule asked for: it counts as a try, and not as the use of a rung. */
  attempted(): void;
  failed(error: unknown, used: Used | undefined): void;
  recovered(used: Used | undefined): void;
  /** A rung that ends the agent or the machine could not be used. */
  couldNot(rung: Rung, failure: unknown): void;
};

/** Codes that say that a rung has nothing to work on here. */
const NOT_POSSIBLE = new Set(['not-possible', 'usb-absent', 'usb-ambiguous', 'usb-permission']);
const MESSAGE_MAX = 1000;

export function createLadderBook(options: {
  policy: LadderPolicy;
  possible: ReadonlySet<Rung>;
  recoveries: Recoveries;
  /** The day of an instant, `YYYYMMDD` in the device's zone: daily caps begin anew with it. */
  dayOf: (instantMs: number) => string;
  clock: Clock;
  log: Log;
}): LadderBook {
  const { policy, possible, recoveries, dayOf, clock, log } = options;
  const openedAt = clock.monotonic();
  /** Uses in this life of the agent, by a clock that does not step. */
  const usedAt = new Map<Rung, number>();

  function tell(
    recovery: Recovery,
    rung: RecoveryEvent['rung'],
    outcome: RecoveryEvent['outcome'],
    text: string,
  ): void {
    const message = text.slice(0, MESSAGE_MAX);
    recoveries.write(recovery, { rung, outcome, message });
    log.warn({ rung, outcome }, message);
  }

  /** For how long, and how often, there has been no picture. */
  function since({ history: { failures, failingSince } }: Recovery): string {
    const ms = Math.max(0, clock.now() - (failingSince ?? clock.now()));
    return `${failures} ${failures === 1 ? 'failure' : 'failures'} in ${inWords(ms)}`;
  }

  const failureOf = (failure: unknown) => (NOT_POSSIBLE.has(codeOf(failure)) ? 'not-possible' : 'failed');

  const couldNot = (rung: Rung, failure: unknown) =>
    tell(recoveries.read(), rung, failureOf(failure), `${NAMES[rung]}: ${messageOf(failure)}`);

  return {
    isFailing: () => isFailing(recoveries.read().history),
    isCardFull: () => recoveries.read().history.code === 'card-full',
    next() {
      const recovery = recoveries.read();
      const { code, attempts, climbed } = recovery.history;
      const now = clock.now();
      function sinceUse(rung: Rung): number | undefined {
        const here = usedAt.get(rung);
        if (here !== undefined) return clock.monotonic() - here;
        const last = usesOf(recovery, rung).lastAt[rung];
        if (last === undefined) return undefined;
        // A clock that was set back tells nothing; that the use was before this program began is known all the same.
        return now >= last ? now - last : clock.monotonic() - openedAt;
      }
      const usedToday = (rung: Rung) => usedOn(usesOf(recovery, rung), rung, dayOf(now));
      return nextStep({ code, attempts, climbed, possible, usedToday, sinceUse }, policy);
    },
    begin({ rung, round }) {
      const now = clock.now();
      const recovery = afterStep(recoveries.read(), { rung, round, counts: true }, { day: dayOf(now), now });
      usedAt.set(rung, clock.monotonic());
      if (rung === 'restart-agent') tell(recovery, rung, 'begun', `the agent is started anew after ${since(recovery)}`);
      else if (rung === 'reboot') tell(recovery, rung, 'begun', `the device is rebooted after ${since(recovery)}`);
      else recoveries.write(recovery);
    },
    attempted() {
      const now = clock.now();
      const step = { rung: 'retry' as const, round: false, counts: false };
      recoveries.write(afterStep(recoveries.read(), step, { day: dayOf(now), now }));
    },
    failed(error, used) {
      const before = recoveries.read();
      const recovery = afterFailure(before, codeOf(error), clock.now());
      if (used?.failure !== undefined) {
        tell(recovery, used.rung, failureOf(used.failure), `${NAMES[used.rung]}: ${messageOf(used.failure)}`);
      } else if (used) {
        tell(recovery, used.rung, 'failed', `${doneBy(used)}; there is no picture still: ${messageOf(error)}`);
      } else if (codeOf(error) === 'camera-timeout' && !isFailing(before.history)) {
        tell(recovery, 'kill', 'failed', `the capture was stopped at its time limit: ${messageOf(error)}`);
      } else {
        recoveries.write(recovery);
      }
    },
    recovered(used) {
      const recovery = recoveries.read();
      if (!isFailing(recovery.history)) return;
      // A rung that was not used has not brought the camera back: the attempt after it has.
      const isDone = used !== undefined && used.failure === undefined;
      if (used && !isDone) couldNot(used.rung, used.failure);
      const what = isDone ? doneBy(used) : 'the capture was tried again';
      const again = `${what}; there is a picture again after ${since(recovery)}`;
      tell(afterPicture(recovery), isDone ? used.rung : 'retry', 'recovered', again);
    },
    couldNot,
  };
}

const NAMES: Record<Rung, string> = {
  retry: 'the capture was tried again',
  redetect: 'look for the camera anew',
  'usb-reauthorise': 'switch the camera off and on at USB',
  'power-cycle': "switch the camera's power off and on",
  'restart-agent': 'start the agent anew',
  reboot: 'reboot the device',
};

const doneBy = ({ rung, words }: Used): string => (words === '' ? NAMES[rung] : words);

function inWords(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
