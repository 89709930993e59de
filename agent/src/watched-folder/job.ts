import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stampedAt } from '@vigie/shared/kit/zone';
import type { Books } from './books.ts';
import { type Candidate, candidateOf } from './candidate.ts';
import type { Disk } from './disk.ts';
import { createFiling } from './filing.ts';
import type { WatchedFolderConfig } from './folder-config.ts';
import { isTemporary } from './job-errors.ts';
import { callsOf } from './mapping.ts';
import type { Inputs, Operation, Outcome } from './operation.ts';
import type { Reservations } from './place.ts';
import type { Trees } from './trees.ts';

/** One claimed file or folder: it lies at `stage/ID/NAME`, and `stage/ID/.work` is where its operation writes. */
export type Job = {
  /** Grows with the time of the claim. */
  id: string;
  /** Empty when a crash left no more than the job's folder. */
  name: string;
  /** An earlier attempt, perhaps of an earlier process, may have done some of the steps. */
  repeated: boolean;
  /** It has been in stage for too long: it goes to failure. */
  expired?: boolean;
};

/** `gone`: its file was no longer in stage. `stopped`: left in stage because the engine is stopping. */
export type JobEnd = 'result' | 'failure' | 'gone' | 'stopped';

export const WORK = '.work';

export type JobContext = {
  name: string;
  trees: Trees;
  settings: WatchedFolderConfig;
  zone: string;
  operation: Operation;
  books: Books;
  disk: Disk;
  reservations: Reservations;
  clock: Clock;
  log: Log;
};

/**
 * Takes one job to its end. The order of the steps is what a crash relies on:
 * operation → intend → link into result or failure → filed → preserve or failure.log → out of stage → closed.
 * Every step can be repeated. What is thrown leaves the file in stage, to be tried again.
 */
export function createJobRunner(context: JobContext): (job: Job, signal: AbortSignal) => Promise<JobEnd> {
  const { trees, settings, zone, operation, books, disk, reservations } = context;
  const filing = createFiling(context);
  const fileOf = (job: Job) => `${trees.stage}/${job.id}/${job.name}`;
  const workOf = (job: Job) => `${trees.stage}/${job.id}/${WORK}`;

  async function run(job: Job, signal: AbortSignal): Promise<JobEnd> {
    const look = job.name === '' ? undefined : await disk.look(fileOf(job));
    const intents = job.repeated ? books.intended(job.id) : [];
    reservations.reserve(job.id, intents.map(filing.pathOf));
    if (!look) return filing.gone(job, intents);
    const isFiled = intents.length > 0 && (books.isFiled?.(job.id) || (await filing.allLieThere(intents, look)));
    if (isFiled) return filing.finish(job, look, intents);
    if (look.type === 'special') return filing.failSpecial(job);

    const candidate = await candidateOf(disk, fileOf(job), job.name, look, settings);
    if (job.expired) return filing.fail(job, candidate, EXPIRED);
    if (candidate.fault !== undefined) return filing.fail(job, candidate, candidate.fault);
    if (job.repeated) await disk.removeWork(workOf(job));
    if (!operation.makesNothing) await disk.makeNewFolder(workOf(job));
    const { outcome, reason } = await operate(job, candidate, signal);
    if (outcome === undefined && reason === undefined) return 'stopped';
    await assertUnchanged(job, candidate);
    if (outcome === undefined) return filing.fail(job, candidate, reason as string);
    if (!outcome.sound.ok) return filing.fail(job, candidate, outcome.sound.reason, outcome);
    return filing.place(job, candidate, outcome);
  }

  /** The operation's outcome; or why the file is a failure; or neither, when it was stopped. */
  async function operate(
    job: Job,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<{ outcome?: Outcome; reason?: string }> {
    const { signal: limited, release } = withLimit(signal, settings.timeLimit);
    try {
      const calls = await callsOf(settings.inputs, jobFiles(job, candidate), (file) => disk.text(file, TEXT_BYTES_MAX));
      const outcomes: Outcome[] = [];
      const reasons: string[] = [];
      for (const [index, inputs] of calls.entries()) {
        try {
          limited.throwIfAborted();
          const outcome = await call(job, candidate, { inputs, index, count: calls.length }, limited);
          outcomes.push(outcome);
          if (!outcome.sound.ok) reasons.push(outcome.sound.reason);
        } catch (error) {
          if (limited.aborted || isTemporary(error) || calls.length === 1) throw error;
          // One file that cannot be processed does not stop its siblings; all the reasons are told.
          reasons.push(messageOf(error));
        }
      }
      const [first] = outcomes;
      if (!first || reasons.length > 0) {
        const reason = reasons.join('; ');
        return first ? { outcome: { ...first, sound: { ok: false, reason } } } : { reason };
      }
      return { outcome: { ...first, results: outcomes.flatMap(({ results }) => results) } };
    } catch (error) {
      if (signal.aborted) return {};
      if (limited.aborted) return { reason: `the operation took more than ${settings.timeLimit / 1000} s` };
      if (isTemporary(error)) throw error;
      context.log.error({ watchedFolder: context.name, job: job.id, code: codeOf(error) }, messageOf(error));
      return { reason: messageOf(error) };
    } finally {
      release();
    }
  }

  async function call(
    job: Job,
    candidate: Candidate,
    { inputs, index, count }: { inputs: Inputs; index: number; count: number },
    signal: AbortSignal,
  ): Promise<Outcome> {
    const workFolder = count === 1 ? workOf(job) : `${workOf(job)}/${index}`;
    if (count > 1 && !operation.makesNothing) await disk.makeNewFolder(workFolder);
    return operation(
      {
        jobId: job.id,
        file: fileOf(job),
        name: job.name,
        type: candidate.type,
        files: candidate.files,
        inputs,
        workFolder,
        source: context.name,
        zone,
        capturedAt: stampedAt(job.name, zone) ?? candidate.look.modifiedAt,
      },
      signal,
    );
  }

  const jobFiles = (job: Job, { type, files }: Candidate) =>
    type === 'file'
      ? [{ path: job.name, file: fileOf(job) }]
      : files.map((path) => ({ path, file: `${fileOf(job)}/${path}` }));

  async function assertUnchanged(job: Job, before: Candidate): Promise<void> {
    const look = await disk.look(fileOf(job));
    const now = look && (await candidateOf(disk, fileOf(job), job.name, look, settings));
    if (now?.signature === before.signature) return;
    throw new VigieError('source-changed', `process ${JSON.stringify(job.name)}: it was changed meanwhile`, {
      retryable: true,
      hint: 'A program is still writing to it; a longer "waitTime" gives it time.',
    });
  }

  return run;
}

/** A signal that aborts with the other one, or after the limit; cheaper than the platform's own, of which each job would leave two. */
function withLimit(signal: AbortSignal, limitMs: number): { signal: AbortSignal; release: () => void } {
  const limited = new AbortController();
  const abort = () => limited.abort(signal.reason);
  const timer = setTimeout(() => limited.abort(new DOMException('the time limit', 'TimeoutError')), limitMs);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: limited.signal,
    release() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

const TEXT_BYTES_MAX = 1024 * 1024;
/** Source: AEM 6.5, "Watched folder in AEM Forms", stageFileExpirationDuration. */
const EXPIRED = 'File not processed after a significant amount of time, marking as failure!';
