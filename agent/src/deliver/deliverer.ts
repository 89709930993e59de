import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Backoff, backoffMs } from '@vigie/shared/kit/retry';
import type { Pace, RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { Claimed, Deliveries, Lane } from '../store/deliveries.ts';
import type { DeliveryPause } from '../store/delivery-pauses.ts';
import { isLedgerFull } from '../store/ledger-full.ts';
import { judge, type Verdict } from './judge.ts';
import type { Aside, Budget } from './limits/budget.ts';
import { createPrecedence } from './precedence.ts';

/** Carries out the deliveries to one destination until it is told to stop. It never gives up while an asset exists. */
export type Deliverer = {
  readonly destination: string;
  run(signal: AbortSignal): Promise<void>;
  /** There may be something to do. */
  wake(): void;
  /** Forget the pause after a failure: try at once. */
  retry(): void;
  condition(): Condition;
};
export type Condition = {
  state: 'idle' | 'delivering' | 'waiting' | 'stopped';
  error: { code: string; message: string; hint?: string } | null;
  lastDeliveryAt: number | null;
};

export type DelivererOptions = {
  destination: string;
  remote: RemoteFolder;
  deliveries: Deliveries;
  /** Absolute path of a held asset. */
  locate: (claimed: Claimed) => string;
  /** Its path below the destination's root. */
  address: (claimed: Claimed) => string;
  /** The local file is gone: the ledger must say so. False while the whole storage is absent: then nothing is gone. */
  lost: (claimed: Claimed, message: string) => boolean;
  changed: () => void;
  /** Something has been proved. */
  delivered?: () => void;
  workers: number;
  proof: 'size' | 'digest';
  /** Whether an operator has paused deliveries there; what is under way ends. */
  paused?: (() => DeliveryPause | undefined) | undefined;
  /** Lets bytes through at the destination's bandwidth; absent: as fast as it goes. */
  pace?: Pace | undefined;
  /** What may be sent in a month; absent: everything. */
  budget?: Budget | undefined;
  backoff: Backoff;
  clock: Clock;
  random: () => number;
  log: Log;
};

const BOTH: Lane[] = ['live', 'backfill'];
/** Faults that a person has to mend: tried again all the same, in case one has. */
const STOPPED = new Set(['host-key', 'authentication', 'config', 'paused']);
/** A delivery that only another order can mend is looked at again after this time all the same. */
const HOPELESS_PAUSE_MS = 3_600_000;
/** Nothing sleeps longer than this without looking: a step of the clock must not hold anything up. */
const SLEEP_MAX_MS = 30_000;
/** A ledger that cannot be written (its disk is full) is tried again after this time. */
const LEDGER_PAUSE_MS = 5_000;

function pauseError(destination: string, { at, by, until }: DeliveryPause): NonNullable<Condition['error']> {
  const end = until === null ? '' : ` until ${new Date(until).toISOString()}`;
  return {
    code: 'paused',
    message: `deliveries to "${destination}" are paused${end}, by ${by} since ${new Date(at).toISOString()}`,
    hint: 'The command resume-deliveries lets them go on.',
  };
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { destination, remote, deliveries, clock, random, backoff, log } = options;
  const precedence = createPrecedence(options.pace);
  let failures = 0;
  /** Monotonic instant before which the destination is left alone. */
  let restingUntil = 0;
  let error: Condition['error'] = null;
  let active = 0;
  let lastDeliveryAt: number | null = null;
  let waking = new AbortController();
  /** Deliveries whose end the ledger could not take down. */
  const unsettled: Claimed[] = [];

  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(Math.max(1, Math.min(ms, SLEEP_MAX_MS)), AbortSignal.any([signal, waking.signal]));
  }

  async function deliver(claimed: Claimed, signal: AbortSignal): Promise<void> {
    active += 1;
    let aside: Aside | undefined;
    const transfer = precedence.begin(claimed.lane);
    try {
      aside = options.budget?.setAside(claimed.size);
      const receipt = await remote.store(
        {
          localPath: options.locate(claimed),
          path: options.address(claimed),
          size: claimed.size,
          sha256: claimed.sha256,
          modifiedAt: claimed.modifiedAt,
          replace: claimed.replace,
          proof: options.proof,
          pace: transfer.pace,
          onBytes: aside?.sent,
        },
        signal,
      );
      deliveries.verified(claimed, destination, receipt);
      if (error) log.info({ destination }, 'deliveries go through again');
      failures = 0;
      error = null;
      lastDeliveryAt = clock.now();
      options.delivered?.();
    } catch (thrown) {
      try {
        if (signal.aborted) deliveries.release(claimed, destination, { notBefore: 0, attempted: undefined });
        else settle(claimed, judge(thrown));
      } catch (untold) {
        // The ledger has no room to say so: without this the delivery would count as under way until the next start.
        unsettled.push(claimed);
        throw untold;
      }
    } finally {
      transfer.end();
      aside?.end();
      active -= 1;
      options.changed();
    }
  }

  function settle(claimed: Claimed, verdict: Verdict): void {
    const { about, code, message } = verdict;
    const failure = { code, message };
    const notBefore = clock.now() + backoffMs(claimed.attempts + 1, backoff, random());
    log.warn({ destination, path: claimed.path, code, about }, message);
    if (about === 'destination' || about === 'connection') {
      failures += 1;
      restingUntil = clock.monotonic() + backoffMs(failures, backoff, random());
      error = verdict.hint === undefined ? failure : { ...failure, hint: verdict.hint };
    }
    if (about === 'gone' && options.lost(claimed, message)) return;
    if (about === 'hopeless') deliveries.failed(claimed, destination, failure, clock.now() + HOPELESS_PAUSE_MS);
    else
      deliveries.release(claimed, destination, { notBefore, attempted: about === 'destination' ? undefined : failure });
  }

  /** While a destination is known to fail, one worker alone knocks at its door. */
  async function work(index: number, lanes: Lane[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const paused = options.paused?.();
      if (paused) {
        await pause((paused.until ?? Number.POSITIVE_INFINITY) - clock.now(), signal);
        continue;
      }
      const rest = restingUntil - clock.monotonic();
      if (rest > 0 || (failures > 0 && index > 0)) {
        await pause(rest > 0 ? rest : 1000, signal);
        continue;
      }
      try {
        await workOnce(lanes, signal);
      } catch (untold) {
        if (!isLedgerFull(untold)) throw untold;
        log.error({ destination, code: codeOf(untold) }, `the ledger cannot be written: ${messageOf(untold)}`);
        await pause(LEDGER_PAUSE_MS, signal);
      }
    }
  }

  async function workOnce(lanes: Lane[], signal: AbortSignal): Promise<void> {
    for (let left = unsettled.at(-1); left; left = unsettled.at(-1)) {
      deliveries.release(left, destination, { notBefore: 0, attempted: undefined });
      unsettled.pop();
    }
    const claimed = deliveries.claim(destination, failures > 0 ? BOTH : lanes);
    if (claimed) return deliver(claimed, signal);
    const due = deliveries.nextDueAt(destination);
    const wait = due === undefined ? SLEEP_MAX_MS : due - clock.now();
    // A delivery that is due and was not taken belongs to another worker's lane.
    await pause(wait > 0 ? wait : 1000, signal);
  }

  return {
    destination,
    async run(signal) {
      // With several workers the first is kept for fresh pictures: they never wait behind a backlog.
      const lanesOf = (index: number): Lane[] => (index === 0 && options.workers > 1 ? ['live'] : BOTH);
      await Promise.all(Array.from({ length: options.workers }, (_, index) => work(index, lanesOf(index), signal)));
      await remote[Symbol.asyncDispose]();
    },
    wake,
    retry() {
      restingUntil = 0;
      wake();
    },
    condition() {
      const paused = options.paused?.();
      const told = paused ? pauseError(destination, paused) : error;
      const isStopped = told !== null && STOPPED.has(told.code);
      return {
        state: isStopped ? 'stopped' : active > 0 ? 'delivering' : told ? 'waiting' : 'idle',
        error: told,
        lastDeliveryAt,
      };
    },
  };
}
