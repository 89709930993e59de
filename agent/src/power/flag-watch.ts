import { type PowerFlag, readPowerFlags } from '@vigie/hardware/power/power-flags';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

const EVERY_MS = 30_000;

/** Asks the firmware for its power flags, and tells when others hold. */
export type FlagWatch = {
  /** Undefined until they are known, and where the machine tells none. */
  now(): PowerFlag[] | undefined;
  /** Ends by itself on a machine without the program. */
  run(signal: AbortSignal): Promise<void>;
};

export function createFlagWatch(options: {
  program: string;
  changed: (flags: PowerFlag[]) => void;
  clock: Clock;
  log: Log;
}): FlagWatch {
  const { program, clock, log } = options;
  let flags: PowerFlag[] = [];
  let known = false;
  return {
    now: () => (known ? flags : undefined),
    async run(signal) {
      for (; !signal.aborted; await clock.sleep(EVERY_MS, signal)) {
        try {
          const next = await readPowerFlags(program, signal);
          if (next === undefined) return;
          known = true;
          if (next.join() === flags.join()) continue;
          flags = next;
          log.warn({ flags }, 'other power flags hold');
          options.changed(next);
        } catch (error) {
          if (!signal.aborted) log.warn({ program }, messageOf(error));
        }
      }
    },
  };
}
