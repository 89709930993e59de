import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { unpack } from '@vigie/shared/protocol/inventory';
import { isFinal, type JobOrder, type Message } from '@vigie/shared/protocol/messages';
import { z } from 'zod';
import type { JobStanding, Jobs } from '../store/jobs.ts';

/** Follows the hub's orders and tells how far each job is. */
export type JobRunner = {
  /** The orders that the hub holds open, in whole. Each is answered. */
  orders(orders: JobOrder[]): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  wake(): void;
};

const pathList = z.array(z.string().max(4096)).max(200_000);
/** Progress is told at most this often. */
const TELL_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 30_000;

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
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  async function take(order: JobOrder): Promise<JobStanding> {
    if (jobs.find(order.id)) return jobs.follow(order);
    const { source, destination, all, days, paths } = order.selection;
    const allowed = destinationsOf(source);
    if (allowed === undefined) return jobs.reject(order, 'REJECTED', `no source has the name "${source}"`);
    if (!allowed.includes(destination)) {
      const list = allowed.join(', ') || 'none';
      return jobs.reject(order, 'REJECTED', `source "${source}" has no destination "${destination}"; it has ${list}`);
    }
    if (order.want === 'cancel') return jobs.reject(order, 'REJECTED', 'it was cancelled before it began');
    if (clock.now() > order.expiresAt) return jobs.reject(order, 'TIMED_OUT', 'it expired before it arrived');
    try {
      const list = paths === undefined ? [] : await unpack(paths, pathList);
      const begun = jobs.begin(order, { all: all ?? false, days: days ?? [], paths: list });
      return order.want === 'pause' ? jobs.follow(order) : begun;
    } catch (error) {
      return jobs.reject(order, 'REJECTED', messageOf(error).slice(0, 1000));
    }
  }

  async function report(standing: JobStanding): Promise<void> {
    const { order, state, total, done, failed, message } = standing;
    const figures = { state, expectedVersion: order.version, total, done, failed, message };
    const text = JSON.stringify(figures);
    if (told.get(order.id) === text) return;
    await tell({ id: order.id, at: clock.now(), ...figures });
    told.set(order.id, text);
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
    async run(signal) {
      while (!signal.aborted) {
        const ended = jobs.settle();
        const open = jobs.open();
        try {
          for (const standing of [...ended, ...open]) await report(standing);
        } catch (error) {
          log.debug({ error: messageOf(error) }, 'job updates wait for the link');
        }
        for (const { order } of ended) told.delete(order.id);
        const busy = open.some(({ state }) => !isFinal(state) && state !== 'PAUSED');
        await clock.sleep(
          busy ? TELL_EVERY_MS : LOOK_EVERY_MS,
          busy ? signal : AbortSignal.any([signal, waking.signal]),
        );
      }
    },
    wake,
  };
}
