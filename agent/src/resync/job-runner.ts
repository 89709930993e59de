import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { unpack } from '@vigie/shared/protocol/inventory';
import { isFinal, type JobOrder, type Message } from '@vigie/shared/protocol/messages';
import { z } from 'zod';
import type { Selected } from '../store/job-selection.ts';
import type { JobStanding, Jobs } from '../store/jobs.ts';

/** Follows the hub's orders and tells how far each job is. */
export type JobRunner = {
  /** The orders that the hub holds open, in whole. Each is answered. */
  orders(orders: JobOrder[]): Promise<void>;
  /** One order that did not come from the hub: it is followed, and told to the hub when that is there. */
  order(order: JobOrder): Promise<JobStanding>;
  /** The hub is there, perhaps a new one: what operators ordered here is told to it anew. */
  connected(): void;
  run(signal: AbortSignal): Promise<void>;
};

const pathList = z.array(z.string().max(4096)).max(200_000);
/** Progress is told at most this often. */
const TELL_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 30_000;
/** Portions of large jobs between two looks at them, at most. */
const PORTIONS_MAX = 1_000;
/** An operator's job that changed within this time is told to a hub that has come back. */
const TOLD_AGAIN_MS = 7 * 86_400_000;

export function createJobRunner(options: {
  jobs: Jobs;
  /** Which destinations a source may deliver to; undefined for a source that there is not. */
  destinationsOf: (source: string) => readonly string[] | undefined;
  tell: (update: Message<'job/update'>) => Promise<void>;
  /** Deliveries are due. */
  begun: () => void;
  clock: Clock;
  log: Log;
}): JobRunner {
  const { jobs, destinationsOf, tell, clock, log } = options;
  const told = new Map<string, string>();
  /** Operators' jobs whose order the hub has been told since it was last found to be there. */
  const introduced = new Set<string>();
  let hubIsNew = false;
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  /** The paths of an order are many, and asked for once a portion. */
  let unpacked: { id: string; selected: Selected } | undefined;
  async function selectedBy({ id, selection: { all, days, paths } }: JobOrder): Promise<Selected> {
    if (unpacked?.id === id) return unpacked.selected;
    const list = paths === undefined ? [] : await unpack(paths, pathList);
    unpacked = { id, selected: { all: all ?? false, days: days ?? [], paths: list } };
    return unpacked.selected;
  }

  /** Goes on with large jobs for a while, everything else between two portions. True where there is more to do. */
  async function goOn(signal: AbortSignal): Promise<boolean> {
    const until = clock.monotonic() + TELL_EVERY_MS;
    for (let n = 0; n < PORTIONS_MAX && !signal.aborted && clock.monotonic() < until; n++) {
      const order = jobs.unfinished();
      if (!order) {
        unpacked = undefined;
        if (n > 0) options.begun();
        return false;
      }
      jobs.advance(order.id, await selectedBy(order));
      await nextTurn();
    }
    options.begun();
    return true;
  }

  async function take(order: JobOrder): Promise<JobStanding> {
    if (jobs.find(order.id)) return jobs.follow(order);
    const { source, destination } = order.selection;
    const allowed = destinationsOf(source);
    if (allowed === undefined) return jobs.reject(order, 'REJECTED', `no source has the name "${source}"`);
    if (!allowed.includes(destination)) {
      const list = allowed.join(', ') || 'none';
      return jobs.reject(order, 'REJECTED', `source "${source}" has no destination "${destination}"; it has ${list}`);
    }
    if (order.want === 'cancel') return jobs.reject(order, 'REJECTED', 'it was cancelled before it began');
    if (clock.now() > order.expiresAt) return jobs.reject(order, 'TIMED_OUT', 'it expired before it arrived');
    try {
      const selected = await selectedBy(order);
      if (order.want !== 'pause') return jobs.begin(order, selected);
      // It was paused before it came here: it begins as it was before, and follows at once.
      jobs.begin({ ...order, want: 'run', version: Math.max(1, order.version - 1) }, selected);
      return jobs.follow(order);
    } catch (error) {
      return jobs.reject(order, 'REJECTED', messageOf(error).slice(0, 1000));
    }
  }

  async function report(standing: JobStanding): Promise<void> {
    const { order, state, total, done, failed, message } = standing;
    const figures = { state, expectedVersion: order.version, total, done, failed, message };
    const text = JSON.stringify(figures);
    const introduces = order.origin === 'operator' && !introduced.has(order.id);
    if (told.get(order.id) === text && !introduces) return;
    await tell({ id: order.id, at: clock.now(), ...figures, ...(introduces && { order }) });
    told.set(order.id, text);
    if (introduces) introduced.add(order.id);
  }

  return {
    async orders(orders) {
      for (const order of orders) {
        const standing = await take(order);
        told.delete(order.id);
        await report(standing);
      }
      options.begun();
      wake();
    },
    async order(order) {
      const standing = await take(order);
      options.begun();
      wake();
      return standing;
    },
    connected() {
      introduced.clear();
      hubIsNew = true;
      wake();
    },
    async run(signal) {
      while (!signal.aborted) {
        // Taken before the look: what is woken for during it is not slept over.
        const woken = waking.signal;
        const isMore = await goOn(signal);
        const ended = jobs.settle();
        const open = jobs.open();
        const again = hubIsNew ? jobs.ofOperators(clock.now() - TOLD_AGAIN_MS) : [];
        hubIsNew = false;
        try {
          for (const standing of [...again, ...ended, ...open]) await report(standing);
        } catch (error) {
          hubIsNew ||= again.length > 0;
          log.debug({ error: messageOf(error) }, 'job updates wait for the link');
        }
        for (const { order } of ended) told.delete(order.id);
        const busy = open.some(({ state }) => !isFinal(state) && state !== 'PAUSED');
        if (isMore) continue;
        await clock.sleep(busy ? TELL_EVERY_MS : LOOK_EVERY_MS, busy ? signal : AbortSignal.any([signal, woken]));
      }
    },
  };
}
