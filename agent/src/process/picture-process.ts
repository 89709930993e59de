import type { DrawTestPicture } from '@vigie/hardware/camera/test-picture';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import { type OwnCommand, ownPart } from '@vigie/shared/kit/own-part';
import { kindOf } from '@vigie/shared/protocol/asset';
import { digestFile } from './digest.ts';
import type { PictureJob, PictureOperation, PictureOutcome } from './picture-job.ts';
import type { PictureOrder } from './picture-orders.ts';
import { type PictureWorker, startPictureWorker, WorkerEnded } from './picture-worker.ts';
import { openClaimed } from './source-file.ts';
import type { StepConfig } from './step-config.ts';

/**
 * Work on pictures, in a process of its own, which all sources of an agent share. It is started by the first order and ends when
 * it has had none for a while: an idle agent holds no libvips, and a decoder that crashes or takes all memory does not end the agent.
 *
 * When the process ends before its answer, the orders in it fail with `picture-process` (`camera-crashed` or `camera-timeout` for a
 * test picture), retryable. A file that was in it then is tried again alone, and is not sound once it has ended the process three times.
 */
export type PictureProcess = AsyncDisposable & {
  /** The operation of a source with these steps. */
  operation(steps: StepConfig[]): PictureOperation;
  drawTestPicture: DrawTestPicture;
  /** Of the process that takes orders now; undefined where none does. */
  readonly pid: number | undefined;
};

export type PictureProcessOptions = {
  /** How the process is started: `picture-child.ts` on this Node, unless the agent is packed. */
  child?: OwnCommand | undefined;
  /** Its whole environment. */
  environment: NodeJS.ProcessEnv;
  /** It ends when it has had no order for this long. */
  idleMs?: number;
  /** Of one order; one that takes longer takes the process with it. */
  timeLimitMs?: number;
  clock: Clock;
  log: Log;
};

const ownPictures = ownPart('picture', new URL('./picture-child.ts', import.meta.url));

/** Orders in the process at once, of all sources. */
const ORDERS_MAX = 8;
/** A file that has ended the process so many times is not sound. */
const ENDINGS_MAX = 3;
/** Files that are remembered to have been in the process when it ended. */
const SUSPECTS_MAX = 1_000;

type Waiting = { alone: boolean; begin: () => void };

export function createPictureProcess(options: PictureProcessOptions): PictureProcess {
  const { child = ownPictures, environment, idleMs = 10_000, timeLimitMs = 300_000, clock, log } = options;
  const waiting: Waiting[] = [];
  /** How often the process ended with this file in it. */
  const endings = new Map<string, number>();
  let worker: PictureWorker | undefined;
  let running = 0;
  let aloneRuns = false;
  let rest = new AbortController();

  /** Lets orders begin that may: a suspect runs alone, so that only the culprit is ever suspected twice. */
  function pump(): void {
    for (let next = waiting[0]; next && running < ORDERS_MAX; next = waiting[0]) {
      if (running > 0 && (next.alone || aloneRuns)) return;
      waiting.shift();
      running += 1;
      aloneRuns = next.alone;
      next.begin();
    }
  }

  async function turn(alone: boolean, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        const at = waiting.indexOf(entry);
        if (at >= 0) waiting.splice(at, 1);
        reject(signal?.reason);
        pump();
      };
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { alone, begin };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(entry);
      pump();
    });
  }

  async function carryOut(order: PictureOrder, alone: boolean, signal?: AbortSignal): Promise<PictureOutcome | null> {
    await turn(alone, signal);
    rest.abort();
    try {
      if (!worker || worker.over) worker = startPictureWorker({ child, environment, clock });
      return await worker.ask(order, timeLimitMs, signal);
    } finally {
      running -= 1;
      aloneRuns = false;
      pump();
      if (running === 0) restAWhile();
    }
  }

  function restAWhile(): void {
    rest = new AbortController();
    const { signal } = rest;
    void clock.sleep(idleMs, signal).then(() => {
      if (signal.aborted) return;
      // Its end is awaited by nobody: the next order starts another process.
      void worker?.leave();
      worker = undefined;
    });
  }

  function suspected(file: string): number {
    const count = (endings.get(file) ?? 0) + 1;
    endings.delete(file);
    endings.set(file, count);
    const oldest = endings.keys().next();
    if (endings.size > SUSPECTS_MAX && !oldest.done) endings.delete(oldest.value);
    return count;
  }

  async function operate(
    steps: StepConfig[],
    job: PictureJob,
    signal: AbortSignal | undefined,
  ): Promise<PictureOutcome> {
    try {
      const outcome = await carryOut({ do: 'process', steps, job }, endings.has(job.file), signal);
      endings.delete(job.file);
      return outcome as PictureOutcome;
    } catch (error) {
      if (!(error instanceof WorkerEnded)) throw error;
      const name = printable(job.name);
      log.warn({ source: job.source, file: name, suspect: error.suspect }, `the picture process: ${error.message}`);
      if (error.suspect && suspected(job.file) >= ENDINGS_MAX) {
        endings.delete(job.file);
        return unsound(
          job,
          `the process that reads it ended ${ENDINGS_MAX} times; the last time ${error.message}`,
          signal,
        );
      }
      throw new VigieError('picture-process', `process ${JSON.stringify(name)}: ${error.message}`, {
        retryable: true,
        hint: error.suspect ? 'It is tried again.' : 'Check the memory of this machine and the set-up.',
      });
    }
  }

  return {
    operation: (steps) => (job, signal) => operate(steps, job, signal),
    async drawTestPicture(picture, signal) {
      try {
        await carryOut({ do: 'draw', picture }, false, signal);
      } catch (error) {
        if (!(error instanceof WorkerEnded)) throw error;
        const code = error.overdue ? 'camera-timeout' : 'camera-crashed';
        throw new VigieError(code, `capture with "test picture": ${error.message}`, {
          retryable: true,
          hint: 'It is tried again with the next capture; if it stays so, check the memory of this machine and the set-up.',
        });
      }
    },
    get pid() {
      return worker?.over ? undefined : worker?.pid;
    },
    async [Symbol.asyncDispose]() {
      rest.abort();
      await worker?.leave();
    },
  };
}

/** What is told of a file that nothing can read: its bytes are kept and counted. */
async function unsound(job: PictureJob, reason: string, signal: AbortSignal | undefined): Promise<PictureOutcome> {
  await using claimed = await openClaimed(job.file);
  const { size, sha256 } = await digestFile(claimed.handle, signal);
  return {
    sound: { ok: false, reason },
    original: { size, sha256, kind: kindOf(job.name) },
    result: { file: job.file, name: job.name, size, sha256 },
    capturedAt: job.capturedAt,
    preview: null,
    exif: {},
  };
}
