import { randomBytes } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { inTurns } from '@vigie/shared/kit/in-turn';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { Books } from './books.ts';
import { claimedAt, createJobIds } from './claim.ts';
import { cronSchedule } from './cron.ts';
import { type Disk, localDisk, quickDisk } from './disk.ts';
import type { WatchedFolderConfig } from './folder-config.ts';
import { type Hints, watchHints } from './hints.ts';
import { createIntake } from './intake.ts';
import { createJobRunner, type JobEnd } from './job.ts';
import { createJobQueue } from './job-queue.ts';
import type { Operation } from './operation.ts';
import { createReservations } from './place.ts';
import { createPurge, type MayDelete, type PurgeOutcome } from './purge.ts';
import { inspectStage } from './recovery.ts';
import { createScanLoop } from './scan-loop.ts';
import { capacity, isCandidate } from './select.ts';
import { settingsOf } from './settings.ts';
import { bringIn } from './submit.ts';
import { createTenure } from './tenure.ts';
import { prepareTrees, probeTrees, treesOf } from './trees.ts';

/**
 * One watched folder with its operation: `input → stage → result + preserve | failure`.
 *
 * Errors are VigieErrors: `storage-absent`, `folder-not-movable`, `source-changed` (retryable), `folder-split`,
 * `folder-busy` (another engine has the folder), `config`, `name`; and those of system calls.
 */
export interface WatchedFolder extends AsyncDisposable {
  /** Makes the folder ready, takes its lock and takes up what lies in stage. Every other call does this by itself. */
  open(): Promise<void>;
  /** One look at input: claims what is due and lets it run. Calls do not overlap; it does not wait for the jobs. */
  scan(): Promise<ScanOutcome>;
  /**
   * Scans at the interval, earlier when woken, until the signal aborts; then waits for the jobs that run. Errors are kept
   * in `condition()` and tried again; only `folder-busy` is thrown.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Takes up everything in stage at once, also what waits for a further attempt; waits, and tells what became of each. */
  recoverStage(): Promise<RecoveryOutcome>;
  /** Resolves when no job runs and none could; jobs in a pause before a further attempt are not waited for. */
  drain(): Promise<void>;
  /**
   * Brings a file into input, durably, and wakes the loop; a complete one is picked without wait time. The name gets a
   * suffix where it is taken; it is returned. `file` is gone afterwards, for good.
   */
  submit(file: string, name: string, isComplete?: boolean): Promise<string>;
  /** Takes away what is older than the settings allow, as `run` does each hour. */
  purge(signal?: AbortSignal): Promise<PurgeOutcome>;
  /** Makes the loop scan at once. */
  wake(): void;
  condition(): FolderCondition;
  storage(): 'present' | 'absent';
}

export type ScanOutcome = {
  /** Files claimed by this scan. */
  claimed: number;
  /** Matching files that are left in input: too young, still changing, or past the batch. */
  waiting: number;
  /** The limit of jobs in flight was reached, and input was not looked at. */
  throttled: boolean;
};

export type RecoveryOutcome = {
  /** `waiting`: left in stage for a further attempt. */
  jobs: { jobId: string; name: string; end: JobEnd | 'waiting' }[];
  /** Names in input that were copies of staged files; they have been removed. */
  copies: string[];
};

export type FolderCondition = {
  waiting: number;
  staged: number;
  /** How long the staged jobs will take, ms, as those took that have ended; null before the first. */
  remainingMs: number | null;
  /** Since the engine was made. */
  failures: number;
  /** ms since 1970. */
  lastScanAt: number | null;
  error: { code: string; message: string; hint: string | undefined } | null;
};

export type WatchedFolderOptions = {
  name: string;
  /** Absolute path of the root. */
  folder: string;
  settings: WatchedFolderConfig;
  /** IANA zone in which names and patterns tell time. */
  zone: string;
  operation: Operation;
  books: Books;
  clock: Clock;
  log: Log;
  /** A number in [0, 1). */
  random: () => number;
  /** The folder has been in use before (the ledger knows): without its marker its storage is absent, not new. */
  known?: boolean;
  /** A job has ended. */
  ended?: (job: { jobId: string; name: string; end: JobEnd }) => void;
  disk?: Disk;
  /** Who may delete an old file; nobody where absent, so that nothing is purged. */
  mayDelete?: MayDelete | undefined;
};

export function createWatchedFolder(options: WatchedFolderOptions): WatchedFolder {
  const { name, settings, zone, operation, books, clock, random } = options;
  const disk = options.disk ?? (settings.durable ? localDisk : quickDisk);
  const log = options.log.child({ watchedFolder: name });
  const rules = settingsOf(settings, log);
  const trees = treesOf(options.folder, settings.intake);
  const token = randomBytes(8).toString('hex');
  const newId = createJobIds(clock.now, random);
  const reservations = createReservations();
  const tenure = createTenure({ disk, trees, token, shared: settings.shared, clock });
  const loop = createScanLoop({
    next: settings.cron === undefined ? undefined : cronSchedule(settings.cron, zone),
    intervalMs: settings.interval,
    count: settings.repeatCount,
    clock,
  });
  const queue = createJobQueue({
    concurrency: settings.asynchronous ? settings.concurrency : 1,
    run: createJobRunner({ name, trees, settings, zone, operation, books, disk, reservations, clock, log }),
    ended(job, end) {
      if (end === 'failure') failures += 1;
      recovering?.set(job.id, { name: job.name, end });
      options.ended?.({ jobId: job.id, name: job.name, end });
    },
    failed: (job, error) => log.warn({ job: job.id, name: printable(job.name), code: codeOf(error) }, messageOf(error)),
    idle: () => intake.isCrowded() && loop.wake(),
    backoff: { baseMs: 1_000, capMs: 60_000 },
    clock,
    random,
  });

  const intake = createIntake({ disk, trees, settings, rules, books, tenure, newId, clock, log });
  const purge = createPurge({
    disk,
    trees,
    settings: settings.purge,
    mayDelete: options.mayDelete ?? (async () => ({ keep: 'nobody here may delete' })),
    clock,
    log,
  });
  /** What became of the jobs, while somebody who recovers the stage wants to know. */
  let recovering: Map<string, { name: string; end: JobEnd | 'waiting' }> | undefined;
  let known = options.known ?? false;
  let isOpen = false;
  let hints: Hints | undefined;
  let failures = 0;
  let lastScanAt: number | null = null;
  let scanError: unknown;
  let present = !known;

  /** One after the other: scans, recoveries, opening. */
  const inTurn = inTurns();

  /** Names of copies that were found and removed, which happens only where a person recovers the stage. */
  async function openNow(byPerson = false): Promise<string[]> {
    if (isOpen && (await disk.look(trees.marker))) {
      await tenure.hold();
      return [];
    }
    isOpen = false;
    hints?.close();
    try {
      await prepareTrees(disk, trees, known);
      await tenure.hold();
      await probeTrees(disk, trees, { token, sweep: !settings.shared });
    } catch (error) {
      present = codeOf(error) !== 'storage-absent' && present;
      throw error;
    }
    known = true;
    present = true;
    isOpen = true;
    const copies = await takeUp(byPerson);
    hints = settings.cron === undefined ? watchHints(trees.input, loop.hint, log) : undefined;
    return copies;
  }

  /** Makes jobs of what lies in stage and nobody works on. */
  async function takeUp(byPerson: boolean): Promise<string[]> {
    return tenure.alone(async () => {
      const { has: isActive } = queue;
      const found = await inspectStage({ disk, trees, books, reservations, isActive, tenure, newId, byPerson });
      for (const job of found.jobs) queue.add(job);
      return found.copies;
    });
  }

  async function scanNow(): Promise<ScanOutcome> {
    await openNow();
    if (settings.shared) await takeUp(false);
    queue.wake();
    expireJobs();
    const outcome = await tenure.alone(scanInput);
    if (!settings.asynchronous) await queue.drain();
    return outcome;
  }

  async function scanInput(): Promise<ScanOutcome> {
    const inFlight = settings.shared ? await tenure.jobsInStage() : queue.staged();
    if (capacity(rules, inFlight) === 0) {
      lastScanAt = clock.now();
      return { claimed: 0, waiting: intake.waiting(), throttled: true };
    }
    const { jobs, error } = await intake.take(inFlight);
    for (const job of jobs) queue.add(job);
    if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
    lastScanAt = clock.now();
    return { claimed: jobs.length, waiting: intake.waiting(), throttled: false };
  }

  /** Jobs that have been in stage for too long go to failure; where the folder is not throttled only if they are told to. */
  function expireJobs(): void {
    const { stageExpiration: limit, expireOnlyWhenThrottled, throttling } = settings;
    if (limit === null || (expireOnlyWhenThrottled && !throttling)) return;
    queue.expire((job) => clock.now() - claimedAt(job.id) > limit);
  }

  async function scan(): Promise<ScanOutcome> {
    try {
      const outcome = await inTurn(scanNow);
      scanError = undefined;
      return outcome;
    } catch (error) {
      if (messageOf(error) !== messageOf(scanError)) log.error({ code: codeOf(error) }, messageOf(error));
      scanError = error;
      throw error;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const purging = purgeNowAndThen(AbortSignal.any([signal, over.signal]));
    try {
      if (!signal.aborted) queue.resume();
      await loop.run(async () => {
        try {
          await scan();
        } catch (error) {
          if (codeOf(error) === 'folder-busy') throw error;
        }
      }, signal);
    } finally {
      over.abort();
      queue.pause();
      await queue.drain();
      await purging;
    }
  }

  async function purgeNowAndThen(signal: AbortSignal): Promise<void> {
    if (Object.values(settings.purge).every((days) => days < 0)) return;
    while (!signal.aborted) {
      // A folder that is not open may be one whose storage is absent.
      if (isOpen) {
        await purge
          .run(signal)
          .catch((error: unknown) => log.warn({ code: codeOf(error) }, `purge: ${messageOf(error)}`));
      }
      await clock.sleep(isOpen ? PURGE_EVERY_MS : PURGE_LOOK_MS, signal);
    }
  }

  async function recoverStage(): Promise<RecoveryOutcome> {
    const told: typeof recovering = new Map();
    recovering = told;
    const copies = await inTurn(async () => {
      const opened = await openNow(true);
      const found = await takeUp(true);
      for (const job of queue.list()) told.set(job.id, { name: job.name, end: 'waiting' });
      queue.resume();
      queue.wake(true);
      return [...opened, ...found];
    });
    await queue.drain();
    recovering = undefined;
    return { jobs: [...told].map(([jobId, job]) => ({ jobId, ...job })), copies };
  }

  async function submit(file: string, wanted: string, isComplete = true): Promise<string> {
    await inTurn(openNow);
    const taken = await bringIn(disk, file, trees.input, wanted);
    if (!isCandidate(taken, rules))
      log.warn({ name: printable(taken) }, 'no pattern of "include" takes this name: it stays in input');
    if (isComplete) intake.hasten(taken);
    loop.wake();
    return taken;
  }

  function condition(): FolderCondition {
    const error = scanError ?? queue.error();
    const told =
      error === undefined
        ? null
        : {
            code: codeOf(error),
            message: messageOf(error),
            hint: error instanceof VigieError ? error.hint : undefined,
          };
    return {
      waiting: intake.waiting(),
      staged: queue.staged(),
      remainingMs: queue.remainingMs(),
      failures,
      lastScanAt,
      error: told,
    };
  }

  return {
    async open() {
      await inTurn(openNow);
    },
    scan,
    run,
    recoverStage,
    drain: queue.drain,
    submit,
    purge: purge.run,
    wake: loop.wake,
    condition,
    storage: () => (present ? 'present' : 'absent'),
    async [Symbol.asyncDispose]() {
      queue.pause();
      // What is under way ends first.
      await inTurn(async () => undefined);
      await queue.drain();
      hints?.close();
      await tenure.release();
      isOpen = false;
    },
  };
}

const PURGE_EVERY_MS = 3_600_000;
/** How soon it looks again for a folder that is not open yet. */
const PURGE_LOOK_MS = 1_000;
