import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The pictures below a folder, by their paths in it. */
export async function picturesBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /\.jpe?g$/i.test(name));
}

/** Waits for the first picture below a folder; undefined when the signal aborts before there is one. */
export async function firstPicture(folder: string, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    const [picture] = await picturesBelow(folder);
    if (picture) return picture;
    await sleep(500, undefined, { signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
  return undefined;
}
