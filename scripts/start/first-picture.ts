import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The first picture below a folder, by its path; undefined when the signal aborts before there is one. */
export async function firstPicture(folder: string, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    const names = await readdir(folder, { recursive: true });
    const picture = names.find((name) => /\.jpe?g$/i.test(name));
    if (picture) return picture;
    await sleep(500, undefined, { signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
  return undefined;
}
