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
  const running = new Map<string, { job: Job; ended: Promise<void> }>();
  const later = new Map<string, { job: Job; dueAt: number; error: unknown }>();
  const attempts = new Map<string, number>();
  let stop = new AbortController();

  function pump(): void {
    while (!stop.signal.aborted && running.size < concurrency) {
      const job = next.shift();
      if (!job) break;
      running.set(job.id, { job, ended: attempt(job) });
    }
  }

  async function attempt(job: Job): Promise<void> {
    try {
      const end = await run(job, stop.signal);
      if (end === 'stopped') enqueue({ ...job, repeated: true });
      else {
        attempts.delete(job.id);
        ended(job, end);
      }
    } catch (error) {
      const count = (attempts.get(job.id) ?? 0) + 1;
      attempts.set(job.id, count);
      const dueAt = clock.monotonic() + backoffMs(count, backoff, random());
      later.set(job.id, { job: { ...job, repeated: true }, dueAt, error });
      failed(job, error);
    } finally {
      running.delete(job.id);
      pump();
      if (running.size === 0 && next.length === 0) idle();
    }
  }

  /** Ids grow with time: the oldest claim is first. */
  function enqueue(job: Job): void {
    const at = next.findIndex((other) => other.id > job.id);
    next.splice(at < 0 ? next.length : at, 0, job);
  }

  return {
    add(job) {
      enqueue(job);
      pump();
    },
    has: (jobId) => running.has(jobId) || later.has(jobId) || next.some((job) => job.id === jobId),
    staged: () => running.size + next.length + later.size,
    list: () => [...[...running.values(), ...later.values()].map(({ job }) => job), ...next],
    wake(all = false) {
      for (const { job, dueAt } of [...later.values()]) {
        if (!all && dueAt > clock.monotonic()) continue;
        later.delete(job.id);
        enqueue(job);
      }
      pump();
    },
    async drain() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    pause: () => stop.abort(),
    resume() {
      if (stop.signal.aborted) stop = new AbortController();
      pump();
    },
    error: () => [...later.values()].sort((a, b) => (a.job.id < b.job.id ? -1 : 1))[0]?.error,
  };
}
