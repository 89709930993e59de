import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Backoff, backoffMs } from '@vigie/shared/kit/retry';
import type { Pace, Receipt, RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { Claimed, Deliveries, Lane } from '../store/deliveries.ts';
import type { DeliveryPause } from '../store/delivery-pauses.ts';
import { isLedgerFull } from '../store/ledger-full.ts';
import { judge, type Verdict } from './judge.ts';
import type { Aside, Budget } from './limits/budget.ts';
import { createPrecedence } from './precedence.ts';
import { createRefusals } from './refusals.ts';
import { createTransfers } from './transfers.ts';

/** Carries out the deliveries to one destination until it is told to stop. It never gives up while an asset exists. */
export type Deliverer = {
  readonly destination: string;
  run(signal: AbortSignal): Promise<void>;
  /** There may be something to do. */
  wake(): void;
  /** Forget the pause after a failure: try at once. */
  retry(): void;
  condition(): Condition;
  /** The pace of whatever else reads or writes there: at the destination's bandwidth, and behind fresh pictures. */
  readonly behind: Pace;
};
export type Condition = {
  state: 'idle' | 'delivering' | 'waiting' | 'stopped';
  error: { code: string; message: string; hint?: string } | null;
  lastDeliveryAt: number | null;
  /** Where somebody has paused deliveries. */
  paused?: DeliveryPause | undefined;
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
  /** Large files under way at once; of small ones a multiple (`admission.ts`). */
  workers: number;
  proof: 'size' | 'digest';
  /** Whether an operator has paused deliveries there; what is under way ends. */
  paused?: (() => DeliveryPause | undefined) | undefined;
  /** Does the agent act as in an outage? What is under way was ended then. */
  cutOff?: (() => boolean) | undefined;
  /** Lets bytes through at the destination's bandwidth; absent: as fast as it goes. */
  pace?: Pace | undefined;
  /** Lets the bytes of re-syncs through at the rate that the hub tells, besides. */
  resyncPace?: Pace | undefined;
  /** What may be sent in a month; absent: everything. */
  budget?: Budget | undefined;
  backoff: Backoff;
  clock: Clock;
  random: () => number;
  log: Log;
};

type Failed = { verdict: Verdict; notBefore: number };
/** A delivery that is not under way any more: with a receipt, with a failure, or with neither where it was stopped. */
type Ended = { claimed: Claimed; receipt?: Receipt; failure?: Failed };

const BOTH: Lane[] = ['live', 'backfill'];
/** Faults that a person has to mend: tried again all the same, in case one has. */
const STOPPED = new Set(['host-key', 'authentication', 'config', 'paused']);
/** A delivery that only another order can mend is looked at again after this time all the same. */
const HOPELESS_PAUSE_MS = 3_600_000;
/** Nothing sleeps longer than this without looking: a step of the clock must not hold anything up. */
const SLEEP_MAX_MS = 30_000;
/** Nothing that is due and cannot begin is looked at more often. */
const IDLE_MS = 50;
/** While transfers that are claimed ahead keep the link busy, so long is waited for more that have ended, to be told in one commit. */
const GATHER_MS = 20;
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

/** What has to keep to two paces waits for both. */
function both(one: Pace | undefined, other: Pace | undefined): Pace | undefined {
  if (!one || !other) return one ?? other;
  return {
    async up(bytes, signal) {
      await one.up(bytes, signal);
      await other.up(bytes, signal);
    },
    async down(bytes, signal) {
      await one.down(bytes, signal);
      await other.down(bytes, signal);
    },
  };
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { destination, remote, deliveries, clock, random, backoff, log } = options;
  const precedence = createPrecedence(options.pace);
  const refusals = createRefusals(destination);
  let failures = 0;
  /** Monotonic instant before which the destination is left alone. */
  let restingUntil = 0;
  let error: Condition['error'] = null;
  let lastDeliveryAt: number | null = null;
  /** What has ended, and has to be told to the ledger. */
  let ended: Ended[] = [];
  let waking = new AbortController();
  let woken = false;
  /** Ends all that is under way. */
  let running = AbortSignal.abort();

  const wake = () => {
    woken = true;
    waking.abort();
  };

  const transfers = createTransfers({
    workers: options.workers,
    carry: (claimed) => deliver(claimed, running),
    mayGoOn: () => failures === 0 && !running.aborted && !options.cutOff?.(),
  });

  /** Ends at once where something has happened since the last one. What happens in one turn of the event loop is seen together. */
  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    if (transfers.ahead > 0) await clock.sleep(GATHER_MS);
    if (!woken) await clock.sleep(Math.max(1, Math.min(ms, SLEEP_MAX_MS)), AbortSignal.any([signal, waking.signal]));
    await nextTurn();
    woken = false;
    waking = new AbortController();
  }

  /** Never rejects: however it ends, it is told to the ledger in the next turn. */
  async function deliver(claimed: Claimed, signal: AbortSignal): Promise<void> {
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
          unsent: claimed.attempts === 0 && claimed.resync === null,
          proof: options.proof,
          pace: claimed.resync === null ? transfer.pace : both(transfer.pace, options.resyncPace),
          onBytes: aside?.sent,
          onSent: () => transfers.sent(claimed),
        },
        signal,
      );
      ended.push({ claimed, receipt });
    } catch (thrown) {
      ended.push(
        signal.aborted
          ? { claimed }
          : { claimed, failure: failed(claimed, refusals.refused(claimed.id, judge(thrown))) },
      );
    } finally {
      transfer.end();
      aside?.end();
      wake();
    }
  }

  function failed(claimed: Claimed, verdict: Verdict): Failed {
    const { about, code, message } = verdict;
    const notBefore = clock.now() + backoffMs(claimed.attempts + 1, backoff, random());
    log.warn({ destination, path: claimed.path, code, about }, message);
    if (about === 'destination' || about === 'connection') {
      // What was under way together and fails together is one failure.
      if (clock.monotonic() >= restingUntil) {
        failures += 1;
        restingUntil = clock.monotonic() + backoffMs(failures, backoff, random());
      }
      error = verdict.hint === undefined ? { code, message } : { code, message, hint: verdict.hint };
    }
    return { verdict, notBefore };
  }

  /** What is claimed and has not begun goes back to the queue. */
  function giveBack(): void {
    for (const claimed of transfers.recall()) ended.push({ claimed });
  }

  /** Tells the ledger how deliveries have ended; inside the turn's transaction. */
  function settle(ends: readonly Ended[]): void {
    const proofs = ends.flatMap(({ claimed, receipt }) => (receipt ? [{ claimed, receipt }] : []));
    if (proofs.length > 0) deliveries.verifiedAll(destination, proofs);
    for (const { claimed, receipt, failure } of ends) {
      if (failure) settleFailure(claimed, failure);
      else if (!receipt) deliveries.release(claimed, destination, { notBefore: 0, attempted: undefined });
    }
  }

  function settleFailure(claimed: Claimed, { verdict, notBefore }: Failed): void {
    const { about, code, message } = verdict;
    if (about === 'gone' && options.lost(claimed, message)) return;
    if (about === 'hopeless')
      deliveries.failed(claimed, destination, { code, message }, clock.now() + HOPELESS_PAUSE_MS);
    else {
      const attempted = about === 'destination' ? undefined : { code, message };
      deliveries.release(claimed, destination, { notBefore, attempted });
    }
  }

  /** What may begin beside what is under way. While a destination is known to fail, one delivery alone knocks at its door. */
  function claimAll(): Claimed[] {
    if (failures === 0) return deliveries.claimAll(destination, BOTH, transfers.takes, transfers.room());
    const claimed = transfers.underWay === 0 ? deliveries.claim(destination, BOTH) : undefined;
    return claimed ? [claimed] : [];
  }

  /**
   * One transaction, and so one flush of the ledger, for all that has ended since the last one and all that begins: only then is a receipt
   * told, or a transfer begun. Where the ledger cannot be written, what has ended stays to be told. Answers with the time to wait.
   */
  function turn(signal: AbortSignal): number {
    const paused = options.paused?.();
    const restMs = restingUntil - clock.monotonic();
    const isOpen = !signal.aborted && !options.cutOff?.() && !paused && restMs <= 0;
    if (!isOpen || failures > 0) giveBack();
    const claims = deliveries.together(() => {
      settle(ended);
      return isOpen ? claimAll() : [];
    });
    const told = ended;
    ended = [];
    if (told.some(({ receipt }) => receipt)) {
      if (error) log.info({ destination }, 'deliveries go through again');
      refusals.accepted();
      failures = 0;
      error = null;
      lastDeliveryAt = clock.now();
      options.delivered?.();
    }
    transfers.add(claims);
    if (told.length > 0) options.changed();

    if (paused) return (paused.until ?? Number.POSITIVE_INFINITY) - clock.now();
    if (restMs > 0) return restMs;
    // What is due and did not begin waits for something that wakes: the end of another, or of an outage that is acted.
    if (!isOpen || transfers.underWay > 0) return SLEEP_MAX_MS;
    const due = deliveries.nextDueAt(destination);
    return due === undefined ? SLEEP_MAX_MS : Math.max(IDLE_MS, due - clock.now());
  }

  function turnOrWait(signal: AbortSignal): number {
    try {
      return turn(signal);
    } catch (untold) {
      if (!isLedgerFull(untold)) throw untold;
      log.error({ destination, code: codeOf(untold) }, `the ledger cannot be written: ${messageOf(untold)}`);
      return LEDGER_PAUSE_MS;
    }
  }

  return {
    destination,
    behind: precedence.behind,
    async run(signal) {
      running = signal;
      while (!signal.aborted) await pause(turnOrWait(signal), signal);
      // The abort ends what is under way; its deliveries go back to the queue.
      giveBack();
      await transfers.ended();
      turnOrWait(signal);
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
        state: isStopped ? 'stopped' : transfers.underWay > 0 ? 'delivering' : told ? 'waiting' : 'idle',
        error: told,
        lastDeliveryAt,
        ...(paused && { paused }),
      };
    },
  };
}
