import { Worker } from 'node:worker_threads';
import { VigieError } from '@vigie/shared/kit/errors';
import { ownThread } from '@vigie/shared/kit/own-part';
import type { SideSink } from '../report/side-sink.ts';

/** What the thread is given: the folders still to be read, the last one first, and where it sees how many were taken. */
export type ThreadOrder = { root: string; folders: string[]; taken: Int32Array; aheadMax: number };
/** What it tells: a folder, its names parted by `/`; or why it cannot go on. */
export type ThreadWord =
  | {
      folder: string;
      names: string;
      sizes: Float64Array;
      modifiedAt: Float64Array;
      odd: { name: string; unreadable: string }[];
    }
  | { failure: { code: string; message: string; hint?: string | undefined } };

/** Folders that the thread may be ahead. */
const AHEAD_MAX = 256;
/** The names of large folders live until they are compared: a small nursery would copy them again and again. */
const NURSERY_MB = 64;

/** Tells everything below these folders (each ends in `/`), read by a thread of its own. Throws `listing`. */
export async function readInThread(
  root: string,
  folders: string[],
  sink: SideSink,
  { onFolder, signal }: { onFolder: () => void; signal: AbortSignal },
): Promise<void> {
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const order: ThreadOrder = { root, folders, taken, aheadMax: AHEAD_MAX };
  const thread = new Worker(ownThread(new URL('./directory-thread-main.ts', import.meta.url)), {
    workerData: order,
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
  });
  const ended = new Promise<void>((done, fail) => {
    const abort = () => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    thread.on('message', (word: ThreadWord) => {
      if ('failure' in word) {
        const { code, message, hint } = word.failure;
        return fail(new VigieError(code, message, hint === undefined ? {} : { hint }));
      }
      tell(word, sink);
      onFolder();
      Atomics.add(taken, 0, 1);
      Atomics.notify(taken, 0);
    });
    thread.on('error', fail);
    thread.on('exit', (code) => {
      signal.removeEventListener('abort', abort);
      if (code === 0) done();
      else
        fail(
          new VigieError('listing', `list folder ${JSON.stringify(root)}: the thread that reads it ended with ${code}`),
        );
    });
    if (signal.aborted) abort();
  });
  try {
    await ended;
  } finally {
    await thread.terminate();
  }
}

function tell(word: Exclude<ThreadWord, { failure: unknown }>, sink: SideSink): void {
  const { folder, sizes, modifiedAt, odd } = word;
  const names = sizes.length === 0 ? [] : word.names.split('/');
  for (let at = 0; at < names.length; at++) {
    sink.file(folder, names[at] as string, sizes[at] as number, modifiedAt[at] as number);
  }
  for (const { name, unreadable } of odd) sink.entry({ path: folder + name, size: 0, unreadable });
}
