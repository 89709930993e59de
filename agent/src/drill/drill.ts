import { createHash } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { operatorName } from '@vigie/shared/protocol/command';
import type { DrillRow, Drills } from '../store/drills.ts';
import { drillRefusal } from './refusal.ts';
import { spentByRestart } from './time-left.ts';

/**
 * An outage that is only acted: the agent keeps away from its hub and its destinations for a time, and does everything else as ever. The
 * time is its only end: nobody can reach the agent meanwhile. It is counted by the time that no clock setting changes, and kept in the
 * ledger, so that a restart goes on with it.
 */
export type Drill = {
  /**
   * Notes that a drill is to begin, once for each name. Throws `conflict` where one or a re-sync is under way, `disk-full` where there
   * is no room for what it keeps back.
   */
  order(
    args: { forMs: number; drill?: string | undefined },
    origin: { id: string; by?: string | undefined },
  ): DrillAnswer;
  /** Whoever ordered it has the answer: it begins, as soon as the hub has heard of it or a short while has passed. */
  begin(signal: AbortSignal): Promise<void>;
  /** The drill that is being acted. */
  acting(): DrillRow | undefined;
  /** Aborts when one begins and stays so until its end. */
  offline(): AbortSignal;
  /** Resolves when none is being acted. */
  over(signal: AbortSignal): Promise<void>;
  /** Counts the time. */
  run(signal: AbortSignal): Promise<void>;
};
/** Times are milliseconds since 1970. */
export type DrillAnswer = { drill: string; by: string; forMs: number; startedAt: number; until: number };

/** How often the time that has passed is written down: so much more a drill may last for each power cut. */
const COUNT_EVERY_MS = 10_000;
/** How long the beginning may wait for the hub to have heard of it. */
const FAREWELL_MS = 3_000;
const LOOK_EVERY_MS = 100;

export function createDrill(options: {
  drills: Drills;
  openJobs: () => string[];
  hasRoom: () => boolean;
  /** It begins: what is under way over the network ends. */
  begun: () => void;
  /** It is over: everything may go on at once. */
  ended: () => void;
  clock: Clock;
  log: Log;
}): Drill {
  const { drills, clock, log } = options;
  let row = drills.current();
  let acting = row !== undefined;
  let lastCountAt = clock.monotonic();
  let away = new AbortController();
  let over = Promise.withResolvers<void>();
  let waking = new AbortController();

  const leave = () => away.abort(new VigieError('connection-lost', 'an outage drill has begun', { retryable: true }));
  if (row) {
    row = { ...row, spentMs: spentByRestart(row, clock.now()) };
    leave();
    log.info({ drill: row.id, spentMs: row.spentMs, forMs: row.forMs }, 'an outage drill goes on');
  }

  /** Adds the time since the last count. A ledger without room loses that alone: here it goes on. */
  function count(): void {
    if (!row) return;
    const now = clock.monotonic();
    row = { ...row, spentMs: row.spentMs + now - lastCountAt };
    lastCountAt = now;
    try {
      drills.spent(row.id, row.spentMs);
    } catch (error) {
      log.warn({ drill: row.id, error: messageOf(error) }, 'the time of the drill cannot be written down');
    }
  }

  function comeBack(): void {
    if (!acting) return;
    acting = false;
    away = new AbortController();
    over.resolve();
    over = Promise.withResolvers<void>();
    log.info({ drill: row?.id }, 'the outage drill is over');
  }

  return {
    order({ forMs, drill }, { id, by }) {
      const name = drill ?? nameOf(id);
      const known = drills.find(name);
      if (known) return answerOf(known);
      const refusal = drillRefusal({ current: row?.id, openJobs: options.openJobs(), hasRoom: options.hasRoom() });
      if (refusal) throw refusal;
      row = drills.begin({ id: name, by: operatorName(by), forMs });
      return answerOf(row);
    },
    async begin(signal) {
      if (!row || acting) return;
      const drill = row.id;
      const until = clock.monotonic() + FAREWELL_MS;
      while (!drills.isTold() && clock.monotonic() < until && !signal.aborted) await clock.sleep(LOOK_EVERY_MS, signal);
      if (acting || row?.id !== drill || signal.aborted) return;
      acting = true;
      lastCountAt = clock.monotonic();
      leave();
      options.begun();
      log.info({ drill, forMs: row.forMs }, 'an outage drill begins');
      waking.abort();
    },
    acting: () => (acting ? row : undefined),
    offline: () => away.signal,
    async over(signal) {
      if (!acting) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = () => resolve();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) resolve();
      await Promise.race([over.promise, promise]);
      signal.removeEventListener('abort', stop);
    },
    async run(signal) {
      while (!signal.aborted) {
        if (!row || (!acting && row.spentMs < row.forMs)) {
          waking = new AbortController();
          await clock.sleep(COUNT_EVERY_MS, AbortSignal.any([signal, waking.signal]));
          continue;
        }
        if (acting) await clock.sleep(Math.max(1, Math.min(row.forMs - row.spentMs, COUNT_EVERY_MS)), signal);
        if (acting) count();
        if (row.spentMs < row.forMs) continue;
        // It is written down before anything is sent: what is queued is still all of it. A full ledger must not keep it away.
        try {
          drills.end(row);
          row = undefined;
        } finally {
          comeBack();
          options.ended();
        }
      }
    },
  };
}

/** The same command makes the same drill, also when the reply to the first of them got lost. */
const nameOf = (commandId: string): string =>
  `drill-${createHash('sha256').update(commandId).digest('hex').slice(0, 16)}`;

const answerOf = ({ id, by, forMs, startedAt }: DrillRow): DrillAnswer => ({
  drill: id,
  by,
  forMs,
  startedAt,
  until: startedAt + forMs,
});
