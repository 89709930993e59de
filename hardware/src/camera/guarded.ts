import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';

/** A way to take pictures, without what every camera owes besides: see `guarded`. */
export type Technology = {
  /** As it stands in messages: `http`, `rtsp`. */
  name: string;
  description: () => string;
  /** The whole capture. */
  timeLimitMs: number;
  /** What an operator can do when the limit was met. */
  lateHint: string;
  /**
   * Takes the pictures of one request. It ends soon after the signal aborts, with any error; the one that the camera throws is the
   * signal's reason, unless this throws a `camera-timeout` that says more.
   */
  take: (request: CaptureRequest, signal: AbortSignal) => Promise<CapturedFile[]>;
  /**
   * The files that `take` puts into the folder are the only ones of their pictures: nothing is removed after an error, and what was
   * taken before an abort is given.
   */
  givesOriginals?: boolean;
};

/** Work that goes on after its end was asked for is waited for this long; then it is left behind, and the camera stays busy. */
const LAST_WAIT_MS = 8_000;

/** A camera of this technology: one capture at a time, a hard limit on each, nothing left behind by one that failed. */
export function guarded(technology: Technology): Camera {
  const { name, timeLimitMs, take, givesOriginals = false } = technology;
  const closing = new AbortController();
  let running: Promise<unknown> | undefined;

  async function attempt(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    try {
      signal.throwIfAborted();
      const files = await take(request, signal);
      if (!givesOriginals) signal.throwIfAborted();
      return files;
    } catch (error) {
      if (!givesOriginals) await empty(request.folder);
      const saysMore = codeOf(signal.reason) === 'camera-timeout' && codeOf(error) === 'camera-timeout';
      throw signal.aborted && !saysMore ? signal.reason : error;
    }
  }

  return {
    get description() {
      return technology.description();
    },
    async capture(request, given) {
      if (running) throw busy(request.source);
      const limit = new AbortController();
      const signals = [limit.signal, closing.signal, ...(given ? [given] : [])];
      const signal = AbortSignal.any(signals);
      const timer = setTimeout(() => limit.abort(late(technology)), timeLimitMs);
      const work = attempt(request, signal);
      // It stays busy for as long as the work really runs, also when nobody waits for it any more.
      const end = () => {
        if (running === work) running = undefined;
      };
      running = work;
      work.then(end, end);
      try {
        return await Promise.race([work, leftBehind(name, signal, work)]);
      } finally {
        clearTimeout(timer);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new VigieError('camera-closed', 'capture: the camera was closed'));
      // Whoever waits for that capture is told of its end.
      if (running) await Promise.allSettled([Promise.race([running, leftBehind(name, closing.signal, running)])]);
    },
  };
}

/** Rejects when the work has not ended a while after the signal; never, when it has. */
function leftBehind(name: string, signal: AbortSignal, work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      timer = setTimeout(
        () =>
          reject(
            new VigieError('camera-timeout', `capture with "${name}": it was stopped and has not ended`, {
              retryable: true,
              hint: 'It hangs in the system (a disk or a network share that does not answer, perhaps); the next capture has to wait for its end.',
            }),
          ),
        LAST_WAIT_MS,
      );
    };
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wait);
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
    work.then(done, done);
  });
}

function busy(source: string): VigieError {
  return new VigieError('camera-busy', `capture for ${JSON.stringify(source)}: one is running already`, {
    retryable: true,
    hint: 'One capture at a time: a longer interval or a shorter time limit leaves room.',
  });
}

function late({ name, timeLimitMs, lateHint }: Technology): VigieError {
  return new VigieError(
    'camera-timeout',
    `capture with "${name}": it has not ended within ${timeLimitMs} ms and was stopped`,
    { retryable: true, hint: lateHint },
  );
}

async function empty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
}
