import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Camera, CapturedFile, CaptureRequest } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

/** Single attempts with a camera that may hang: each ends, and the camera can be opened anew behind it. */
export type Attempts = AsyncDisposable & {
  /** The camera of the moment: another one after `reopen`. */
  current(): Camera;
  /** As the port's `capture`, within the limit (`camera-timeout`). A file without a byte is a failure. */
  attempt(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]>;
  reopen(): void;
};

export function createAttempts(options: {
  open: () => Camera;
  /** One attempt: what the adapter itself takes at most, and some more. */
  limitMs: number;
  /** A camera that was told to stop is waited for this long; then it is left alone, and another one is opened. */
  lastWaitMs: number;
  clock: Clock;
  log: Log;
}): Attempts {
  const { open, limitMs, lastWaitMs, clock, log } = options;
  let camera = open();

  function reopen(): void {
    const old = camera;
    camera = open();
    // It may hang: nobody waits for its end.
    Promise.resolve(old[Symbol.asyncDispose]()).catch((error: unknown) =>
      log.warn({ error: messageOf(error) }, 'a camera did not close'),
    );
  }

  /** The capture's outcome; once `signal` has aborted it may take its last wait, and no more. */
  function ended(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const over = new AbortController();
    return new Promise<CapturedFile[]>((resolve, reject) => {
      const giveUp = async () => {
        await clock.sleep(lastWaitMs, over.signal);
        if (over.signal.aborted) return;
        reopen();
        reject(signal.reason);
      };
      signal.addEventListener('abort', () => void giveUp(), { once: true, signal: over.signal });
      camera.capture(request, signal).then(resolve, reject);
    }).finally(() => over.abort());
  }

  return {
    current: () => camera,
    reopen,
    async attempt(request, signal) {
      signal.throwIfAborted();
      const [limit, over] = [new AbortController(), new AbortController()];
      void clock.sleep(limitMs, over.signal).then(() => {
        if (!over.signal.aborted) limit.abort(tooLong(limitMs));
      });
      try {
        const files = await ended(request, AbortSignal.any([signal, limit.signal]));
        for (const { path } of files) if ((await stat(path)).size === 0) throw emptyFile(path);
        return files;
      } catch (error) {
        await removeEmptyFiles(request.folder);
        signal.throwIfAborted();
        throw error;
      } finally {
        over.abort();
      }
    },
    [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose](),
  };
}

const tooLong = (limitMs: number) =>
  new VigieError('camera-timeout', `capture: it has not ended within ${limitMs} ms and was given up`, {
    retryable: true,
  });

const emptyFile = (path: string) =>
  new VigieError('camera-crashed', `capture: the camera gave an empty file, ${JSON.stringify(basename(path))}`, {
    retryable: true,
    hint: 'It is tried again; if it stays so, look at the camera’s memory card.',
  });

/** What came before a failure is kept, torn or not; a file without a byte is nothing. */
async function removeEmptyFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).size === 0) await rm(path);
  }
}
