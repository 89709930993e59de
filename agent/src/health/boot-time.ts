import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { VigieError } from '@vigie/shared/kit/errors';

/**
 * The machine's own time since it was started, which goes on during sleep and which no setting of the clock changes. Instants of
 * one boot can be compared, also those of different processes; `id` tells boots apart.
 */
export type BootTime = { readonly id: string; ms(): number };

const ID_FILE = '/proc/sys/kernel/random/boot_id';

/** Source: proc(5) for the id; uptime(2) and clock_gettime(2) with CLOCK_BOOTTIME, to a hundredth of a second, for the time. */
export function readBootTime(file = ID_FILE): BootTime {
  try {
    const id = readFileSync(file, 'utf8').trim();
    return { id, ms: () => Math.round(uptime() * 1000) };
  } catch (cause) {
    throw new VigieError('boot-id', `read ${JSON.stringify(file)}: it cannot be read, and must hold this boot's id`, {
      cause,
    });
  }
}
