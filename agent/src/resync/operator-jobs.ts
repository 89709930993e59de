import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { type commandArgs, operatorName } from '@vigie/shared/protocol/command';
import { pack } from '@vigie/shared/protocol/inventory';
import { isFinal, type JobOrder } from '@vigie/shared/protocol/messages';
import { checkSeen, previewToken } from '@vigie/shared/protocol/preview-token';
import type { z } from 'zod';
import type { Amount } from '../store/deliveries.ts';
import type { JobStanding, Jobs } from '../store/jobs.ts';
import type { JobRunner } from './job-runner.ts';

type Args<N extends 'resync' | 'job'> = z.infer<(typeof commandArgs)[N]>;
type Origin = { id: string; by?: string | undefined };

/**
 * Re-syncs that operators order of this device by commands, whether the hub is there or not. Errors: `not-found` for a source,
 * a destination or a job that there is none of; `arguments` for a selection that is empty or too long; `conflict` for a job
 * that has ended; `limit` where too many are open.
 */
export type OperatorJobs = {
  /** Begins a job, once for each command id; with `preview` it only measures. */
  resync(args: Args<'resync'>, signal: AbortSignal, origin: Origin): Promise<JobAnswer | PreviewAnswer>;
  jobs(): { jobs: JobAnswer[] };
  job(args: Args<'job'>, signal: AbortSignal, origin: Origin): Promise<JobAnswer>;
};

/** How far a job is, as a reply tells it. Times are milliseconds since 1970. */
export type JobAnswer = Pick<JobStanding, 'state' | 'total' | 'done' | 'failed' | 'message'> &
  Pick<JobOrder, 'want' | 'by' | 'createdAt' | 'expiresAt'> & {
    job: string;
    source: string;
    destination: string;
    origin: 'hub' | 'operator';
  };
/** `toDeliver` is what the ledger has no proof of; what is proved is looked at again, and sent only if it is not there. */
export type PreviewAnswer = { preview: true; total: Amount; verified: Amount; toDeliver: Amount; absent: number };

const OPEN_MAX = 16;
const EXPIRY_MS = 7 * 86_400_000;
/** Characters of a packed list of paths: the order travels in one message. */
const PATHS_TEXT_MAX = 90_000;
const LATELY_MS = 7 * 86_400_000;
const WANT = { pause: 'pause', resume: 'run', cancel: 'cancel' } as const;

export function createOperatorJobs(options: {
  jobs: Pick<Jobs, 'find' | 'open' | 'ofOperators' | 'measure'>;
  runner: Pick<JobRunner, 'order'>;
  /** The destinations of a source; undefined where there is none of this name. */
  destinationsOf: (source: string) => readonly string[] | undefined;
  clock: Clock;
}): OperatorJobs {
  const { jobs, runner, destinationsOf, clock } = options;

  function checkPlace({ source, destination }: Args<'resync'>): void {
    const allowed = destinationsOf(source);
    if (!allowed) throw new VigieError('not-found', `re-sync "${source}": the device has no source of this name`);
    if (allowed.includes(destination)) return;
    const list = allowed.join(', ') || 'none';
    throw new VigieError(
      'not-found',
      `re-sync "${source}" to "${destination}": it has no such destination, but ${list}`,
    );
  }

  return {
    async resync(args, _signal, origin) {
      const id = jobIdOf(origin.id);
      const known = jobs.find(id);
      if (known) return answerOf(known);
      checkPlace(args);
      const selected = { all: args.all ?? false, days: args.days ?? [], paths: args.paths ?? [] };
      if (!selected.all && selected.days.length + selected.paths.length === 0) {
        throw new VigieError('arguments', 're-sync: it names no assets; "all", "days" or "paths" should');
      }
      if (args.preview) {
        const { total, verified, absent } = await jobs.measure(args.source, args.destination, selected, nextTurn);
        const toDeliver = { count: total.count - verified.count, bytes: total.bytes - verified.bytes };
        const token = previewToken(placeOf(args), clock.now());
        return { preview: true, total, verified, toDeliver, absent, token };
      }
      checkSeen(args, placeOf(args), clock.now());
      if (jobs.open().length >= OPEN_MAX) {
        throw new VigieError('limit', `re-sync: ${OPEN_MAX} jobs are open already; let one end, or cancel one, first`);
      }
      return answerOf(await runner.order(orderOf(id, args, origin, clock.now())));
    },
    jobs() {
      const all = new Map(jobs.open().map((j) => [j.order.id, j]));
      for (const standing of jobs.ofOperators(clock.now() - LATELY_MS)) all.set(standing.order.id, standing);
      return { jobs: [...all.values()].map(answerOf) };
    },
    async job({ job: id, order }, _signal, { by }) {
      const standing = jobs.find(id);
      if (!standing) throw new VigieError('not-found', `job "${id}": the device knows none of this name`);
      const want = order && WANT[order];
      if (want === undefined || want === standing.order.want) return answerOf(standing);
      if (isFinal(standing.state)) throw new VigieError('conflict', `job "${id}": it has ended (${standing.state})`);
      const changed = { ...standing.order, want, version: standing.order.version + 1, by: operatorName(by) };
      return answerOf(await runner.order(changed));
    },
  };
}

const placeOf = ({ source, destination }: Args<'resync'>): string => `${source}/${destination}`;

/** The same command makes the same job, also when the reply to the first of them got lost. */
const jobIdOf = (commandId: string): string =>
  `operator-${createHash('sha256').update(commandId).digest('hex').slice(0, 16)}`;

function orderOf(id: string, args: Args<'resync'>, { by }: Origin, now: number): JobOrder {
  const { source, destination, all, days, paths, replace, expiryMs } = args;
  const packed = paths && paths.length > 0 ? pack(paths) : undefined;
  if (packed !== undefined && packed.length > PATHS_TEXT_MAX) {
    throw new VigieError(
      'arguments',
      're-sync: the paths are too many for one order; name fewer of them, or their days',
    );
  }
  return {
    id,
    type: 'resync',
    version: 1,
    want: 'run',
    createdAt: now,
    expiresAt: now + (expiryMs ?? EXPIRY_MS),
    by: operatorName(by),
    origin: 'operator',
    selection: {
      source,
      destination,
      replace,
      ...(all && { all }),
      ...(days && days.length > 0 && { days }),
      ...(packed !== undefined && { paths: packed }),
    },
  };
}

function answerOf({ order, state, total, done, failed, message }: JobStanding): JobAnswer {
  const { id, want, by, createdAt, expiresAt, origin = 'hub', selection } = order;
  const { source, destination } = selection;
  return {
    ...{ job: id, state, want, by, origin, source, destination, total, done, failed, message },
    ...{ createdAt, expiresAt },
  };
}
