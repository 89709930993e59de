import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { WatchedFolder } from '../watched-folder/watched-folder.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Scans all endpoints, chains included, until nothing lies in any input or stage; then it is done. An endpoint that is not ready, and a
 * folder that cannot be opened, end it with their error. With the signal it stops, and what is not done stays where it is.
 */
export async function runOnce(endpoints: readonly Endpoint[], clock: Clock, signal: AbortSignal): Promise<void> {
  const folders: WatchedFolder[] = [];
  try {
    await askAll(endpoints);
    for (const endpoint of endpoints) folders.push(await endpoint.open());
    const pauseMs = Math.min(PAUSE_MAX_MS, ...endpoints.map(({ plan }) => plan.settings.interval));
    while (!signal.aborted && !(await quietRound(folders))) await clock.sleep(pauseMs, signal);
  } finally {
    await Promise.all(folders.map((folder) => folder[Symbol.asyncDispose]()));
    await Promise.all(endpoints.map((endpoint) => endpoint[Symbol.asyncDispose]()));
  }
}

async function askAll(endpoints: readonly Endpoint[]): Promise<void> {
  const ready = await Promise.all(endpoints.map((endpoint) => endpoint.ask()));
  const fault = endpoints[ready.indexOf(false)]?.condition().error;
  if (fault) throw new VigieError(fault.code, fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
}

/**
 * One scan of every folder, and the ends of the jobs that can run. It was quiet when nothing lay anywhere: a job that ended in it may have put
 * its result into another one's input, which that one's scan has not seen.
 */
async function quietRound(folders: readonly WatchedFolder[]): Promise<boolean> {
  const rounds = await Promise.all(
    folders.map(async (folder) => {
      await folder.open();
      const before = folder.condition().staged;
      const { claimed, waiting } = await folder.scan();
      await folder.drain();
      return before + claimed + waiting + folder.condition().staged;
    }),
  );
  return rounds.every((count) => count === 0);
}

const PAUSE_MAX_MS = 1_000;
