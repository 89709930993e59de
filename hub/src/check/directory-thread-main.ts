import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { ThreadOrder, ThreadWord } from './directory-thread.ts';
import { listFolder } from './list-folder.ts';

/** A wait for the reader ends at the latest after this, and looks again. */
const LOOK_AGAIN_MS = 1_000;

const { root, folders, taken, aheadMax } = workerData as ThreadOrder;

function say(word: ThreadWord, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(word, transferred);
}

function read(): void {
  for (let told = 0; folders.length > 0; told++) {
    const folder = folders.pop() as string;
    const found = listFolder(root, folder);
    for (const name of found.folders.reverse()) folders.push(`${folder}${name}/`);
    const sizes = Float64Array.from(found.sizes);
    const modifiedAt = Float64Array.from(found.modifiedAt);
    say({ folder, names: found.names.join('/'), sizes, modifiedAt, odd: found.odd }, [sizes.buffer, modifiedAt.buffer]);
    for (let seen = Atomics.load(taken, 0); told - seen > aheadMax; seen = Atomics.load(taken, 0)) {
      Atomics.wait(taken, 0, seen, LOOK_AGAIN_MS);
    }
  }
}

try {
  read();
} catch (error) {
  const hint = error instanceof VigieError ? error.hint : undefined;
  say({ failure: { code: codeOf(error), message: messageOf(error), hint } });
}
