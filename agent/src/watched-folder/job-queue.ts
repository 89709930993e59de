import type { Clock } from '@vigie/shared/kit/clock';
import { type Backoff, backoffMs } from '@vigie/shared/kit/retry';
import type { Job, JobEnd } from './job.ts';

/** The jobs in stage: those that run, those that are next, and those that wait for a further attempt. */
export type JobQueue = {
  add(job: Job): void;
  has(jobId: string): boolean;
  /** Jobs in stage, whatever they wait for. */
  staged(): number;
  list(): Job[];
  /** How long they will take, ms, as those took that have ended; null before the first. */
  remainingMs(): number | null;
  /** Jobs that are too old run once more, as expired; one that runs now is stopped first. */
  expire(isTooOld: (job: Job) => boolean): void;
  /** Lets jobs run whose pause is over; all of them when asked so. */
  wake(all?: boolean): void;
  /** Resolves when no job runs and none could. Jobs in a pause are not waited for. */
  drain(): Promise<void>;
  /** No further job begins; those that run are told to stop. */
  pause(): void;
  resume(): void;
  /** The error of the oldest job that waits for a further attempt. */
  error(): unknown;
};

export function createJobQueue(options: {
  concurrency: number;
  run: (job: Job, signal: AbortSignal) => Promise<JobEnd>;
  ended: (job: Job, end: JobEnd) => void;
  failed: (job: Job, error: unknown) => void;
  /** The last job that could run has ended. */
  idle: () => void;
  backoff: Backoff;
  clock: Clock;
  random: () => number;
}): JobQueue {
  const { concurrency, run, ended, failed, idle, backoff, clock, random } = options;
  const next: Job[] = [];
  const running = new Map<string, { job: Job; ended: Promise<void>; stop: AbortController }>();
  const later = new Map<string, { job: Job; dueAt: number; error: unknown }>();
  const attempts = new Map<string, number>();
  let stop = new AbortController();
  /** Of the jobs that run, those that were stopped because they are too old. */
  const tooOld = new Set<string>();
  /** What a job takes, ms: the later ones count for more. */
  let pace: number | undefined;

  function pump(): void {
    while (!stop.signal.aborted && running.size < concurrency) {
      const job = next.shift();
      if (!job) break;
      const own = new AbortController();
      running.set(job.id, { job, stop: own, ended: attempt(job, own) });
    }
  }

  async function attempt(job: Job, own: AbortController): Promise<void> {
    const begun = clock.monotonic();
    try {
      const end = await run(job, own.signal);
      const expired = tooOld.delete(job.id);
      if (end === 'stopped') enqueue({ ...job, repeated: true, ...(expired ? { expired } : {}) });
      else {
        attempts.delete(job.id);
        const took = clock.monotonic() - begun;
        pace = pace === undefined ? took : pace + (took - pace) / PACE_JOBS;
        ended(job, end);
      }
    } catch (error) {
      const count = (attempts.get(job.id) ?? 0) + 1;
      attempts.set(job.id, count);
      const dueAt = clock.monotonic() + backoffMs(count, backoff, random());
      later.set(job.id, { job: { ...job, repeated: true }, dueAt, error });
      failed(job, error);
      void clock.sleep(dueAt - clock.monotonic(), stop.signal).then(() => wake());
    } finally {
      running.delete(job.id);
      tooOld.delete(job.id);
      pump();
      if (running.size === 0 && next.length === 0) idle();
    }
  }

  /** Ids grow with time: the oldest claim is first. */
  function enqueue(job: Job): void {
    const at = next.findLastIndex((other) => other.id < job.id);
    next.splice(at + 1, 0, job);
  }

  function wake(all = false): void {
    for (const { job, dueAt } of [...later.values()]) {
      if (!all && dueAt > clock.monotonic()) continue;
      later.delete(job.id);
      enqueue(job);
    }
    pump();
  }

  return {
    add(job) {
      enqueue(job);
      pump();
    },
    has: (jobId) => running.has(jobId) || later.has(jobId) || next.some((job) => job.id === jobId),
    staged: () => running.size + next.length + later.size,
    remainingMs() {
      const jobs = running.size + next.length + later.size;
      return pace === undefined ? null : Math.round((pace * jobs) / concurrency);
    },
    list: () => [...[...running.values(), ...later.values()].map(({ job }) => job), ...next],
    wake,
    expire(isTooOld) {
      for (const { job, stop: own } of running.values()) {
        if (job.expired || !isTooOld(job)) continue;
        tooOld.add(job.id);
        own.abort();
      }
      for (const [at, job] of next.entries()) {
        if (isTooOld(job)) next[at] = { ...job, repeated: true, expired: true };
      }
      for (const { job } of [...later.values()]) {
        if (!isTooOld(job)) continue;
        later.delete(job.id);
        enqueue({ ...job, expired: true });
      }
      pump();
    },
    async drain() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    pause() {
      stop.abort();
      for (const { stop: own } of running.values()) own.abort();
    },
    resume() {
      if (stop.signal.aborted) stop = new AbortController();
      pump();
    },
    error: () => [...later.values()].sort((a, b) => (a.job.id < b.job.id ? -1 : 1))[0]?.error,
  };
}

const PACE_JOBS = 8;
