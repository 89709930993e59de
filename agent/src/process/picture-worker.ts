import { spawn } from 'node:child_process';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { OwnCommand } from '@vigie/shared/kit/own-part';
import type { PictureOutcome } from './picture-job.ts';
import type { FromPictureProcess, PictureOrder, ToPictureProcess } from './picture-orders.ts';

/** One life of the picture process. */
export type PictureWorker = {
  readonly pid: number | undefined;
  /** It takes no further orders: it has ended, was killed, or was told to leave. */
  readonly over: boolean;
  /**
   * Carries out one order. Rejects with what the order's own error is, with the signal's reason, or with `WorkerEnded`. One that
   * has not ended after `limitMs`, or soon after it was aborted, takes the process with it.
   */
  ask(order: PictureOrder, limitMs: number, signal?: AbortSignal): Promise<PictureOutcome | null>;
  /** Tells it to end; resolves when it has. */
  leave(): Promise<void>;
};

/** The process ended before its answer. `suspect`: this order may have ended it; `overdue`: it took too long, and this is certain. */
export class WorkerEnded extends Error {
  readonly suspect: boolean;
  readonly overdue: boolean;
  constructor(how: string, { suspect, overdue }: { suspect: boolean; overdue: boolean }) {
    super(how);
    this.suspect = suspect;
    this.overdue = overdue;
  }
}

type Asked = {
  resolve: (outcome: PictureOutcome | null) => void;
  reject: (error: unknown) => void;
  settled: AbortController;
};

const START_LIMIT_MS = 60_000;
const ABORT_LIMIT_MS = 5_000;
const LEAVE_LIMIT_MS = 5_000;
const LAST_WORDS_LIMIT_MS = 1_000;
const LAST_WORDS = 2_000;

export function startPictureWorker(options: {
  child: OwnCommand;
  /** The process's whole environment. */
  environment: NodeJS.ProcessEnv;
  clock: Clock;
}): PictureWorker {
  const { child, environment, clock } = options;
  const worker = spawn(child.command, child.args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const asked = new Map<number, Asked>();
  const ending = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  // Whoever asks is told.
  ready.promise.catch(() => undefined);
  const started = new AbortController();
  let isReady = false;
  let over = false;
  let overdue: number | undefined;
  let killedFor: string | undefined;
  let said = '';
  let lastId = 0;

  worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LAST_WORDS);
  });
  worker.on('error', (error) => end(`it did not start: ${error.message}`));
  // There is no "close" after a disconnect: its last words are waited for here.
  worker.once('exit', (code, signal) => {
    over = true;
    const read = new AbortController();
    worker.stderr?.once('close', () => read.abort());
    if (worker.stderr?.closed) read.abort();
    void clock
      .sleep(LAST_WORDS_LIMIT_MS, read.signal)
      .then(() => end(killedFor ?? `it ended with ${signal ?? `exit code ${code}`}`));
  });
  worker.on('message', (message: FromPictureProcess) => {
    if ('ready' in message) {
      isReady = true;
      started.abort();
      ready.resolve();
      return;
    }
    const order = asked.get(message.id);
    asked.delete(message.id);
    order?.settled.abort();
    if ('outcome' in message) order?.resolve(message.outcome);
    else {
      const { code, message: text, retryable, hint } = message.error;
      order?.reject(new VigieError(code, text, hint === undefined ? { retryable } : { retryable, hint }));
    }
  });
  void clock.sleep(START_LIMIT_MS, started.signal).then(() => {
    if (!started.signal.aborted) kill(`it was not ready within ${START_LIMIT_MS} ms`);
  });

  function kill(why: string): void {
    over = true;
    killedFor ??= why;
    worker.kill('SIGKILL');
  }

  function end(how: string): void {
    over = true;
    started.abort();
    const telling = said.trim().split('\n').at(-1) ?? '';
    const text = telling === '' || killedFor !== undefined ? how : `${how}: ${telling.slice(0, 300)}`;
    ready.reject(new WorkerEnded(text, { suspect: false, overdue: false }));
    for (const [id, order] of asked) {
      order.settled.abort();
      const suspect = isReady && (overdue === undefined ? killedFor === undefined : overdue === id);
      order.reject(new WorkerEnded(text, { suspect, overdue: overdue === id }));
    }
    asked.clear();
    ending.resolve();
  }

  function send(message: ToPictureProcess): void {
    // A process that cannot be told has ended, and "exit" says so.
    if (worker.connected) worker.send(message, () => undefined);
  }

  async function ask(order: PictureOrder, limitMs: number, signal?: AbortSignal): Promise<PictureOutcome | null> {
    await ready.promise;
    signal?.throwIfAborted();
    lastId += 1;
    const id = lastId;
    const answer = Promise.withResolvers<PictureOutcome | null>();
    const settled = new AbortController();
    asked.set(id, { ...answer, settled });
    const abort = () => {
      send({ abort: id });
      void clock.sleep(ABORT_LIMIT_MS, settled.signal).then(() => {
        if (!settled.signal.aborted) kill('an order that was called off did not end');
      });
    };
    signal?.addEventListener('abort', abort, { once: true });
    void clock.sleep(limitMs, settled.signal).then(() => {
      if (settled.signal.aborted) return;
      overdue ??= id;
      kill(`it has not answered within ${limitMs} ms and was stopped`);
    });
    send({ id, order });
    try {
      return await answer.promise;
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    get pid() {
      return worker.pid;
    },
    get over() {
      return over;
    },
    ask,
    async leave() {
      over = true;
      if (worker.connected) worker.disconnect();
      const gone = new AbortController();
      void clock.sleep(LEAVE_LIMIT_MS, gone.signal).then(() => {
        if (!gone.signal.aborted) kill('it did not leave');
      });
      await ending.promise;
      gone.abort();
    },
  };
}
