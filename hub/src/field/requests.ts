import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import { exists, syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError, messageOf, VigieError } from '@vigie/shared/kit/errors';

/**
 * What the hub asks of root: an empty file in a folder whose name says what. `vigie-field` renames it while it is at it, so that what is
 * asked for meanwhile counts as new, and removes it once that is done. A request outlasts a restart of either side.
 */
export type Requests = {
  /** Asks, and waits until it is done; `unreachable` (retryable) where that is not so within the limit: the request stays. */
  ask(request: Request): Promise<void>;
  /** Is it asked for and not done? */
  pending(request: Request): Promise<boolean>;
};

/** `broker`: read lists and certificates anew. The others name an account on the landing server. */
export type Request = 'broker' | `account.${string}` | `end.${string}`;

/** How the name of a request begins that is being carried out. */
export const DOING = 'doing.';
const LOOK_EVERY_MS = 25;
/** A revocation has five seconds in all. */
const LIMIT_MS = 4_000;

export function createRequests(options: { folder: string; clock: Clock; limitMs?: number }): Requests {
  const { folder, clock, limitMs = LIMIT_MS } = options;
  return {
    async ask(request) {
      const file = join(folder, request);
      try {
        await writeFile(file, '', { mode: 0o600 });
        await syncFolder(folder);
      } catch (error) {
        throw new VigieError('config', `ask root for ${JSON.stringify(request)}: ${messageOf(error)}`, {
          cause: error,
          hint: `${folder} should be there and belong to the hub: run the script that broker-config or landing-config has written.`,
        });
      }
      const end = clock.monotonic() + limitMs;
      // In this order: between the two looks it may only go from the first name to the second.
      while ((await exists(file)) || (await exists(join(folder, `${DOING}${request}`)))) {
        if (clock.monotonic() > end) throw undone(request, limitMs);
        await clock.sleep(LOOK_EVERY_MS);
      }
    },
    async pending(request) {
      try {
        const names = await readdir(folder);
        return names.includes(request) || names.includes(`${DOING}${request}`);
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return false;
        throw error;
      }
    },
  };
}

const undone = (request: string, limitMs: number) =>
  new VigieError('unreachable', `ask root for ${JSON.stringify(request)}: it is not done after ${limitMs} ms`, {
    retryable: true,
    hint: 'Is it running? systemctl status vigie-field.path vigie-field.service',
  });
