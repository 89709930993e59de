import { watch } from 'node:fs';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bytesOf } from '@vigie/shared/kit/names';

/** Events of the file system, which may wake a scan early. They get lost without a word: the scan is the truth. */
export type Hints = { readonly alive: boolean; close(): void };

export function watchHints(folder: string, onHint: () => void, log: Log): Hints {
  let alive = true;
  const lost = (error: unknown) => {
    if (alive) log.warn({ folder }, `watch for events: ${messageOf(error)}; scanning goes on at its interval`);
    alive = false;
  };
  try {
    const watcher = watch(bytesOf(folder), { persistent: false });
    watcher.on('change', onHint);
    watcher.on('error', (error) => {
      lost(error);
      watcher.close();
    });
    return {
      get alive() {
        return alive;
      },
      close() {
        alive = false;
        watcher.close();
      },
    };
  } catch (error) {
    lost(error);
    return { alive: false, close: () => undefined };
  }
}
