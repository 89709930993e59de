import { execFile } from 'node:child_process';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';

/**
 * What a Raspberry Pi's firmware says of its supply and its heat: `…-now` holds at this moment, `…-since-boot` has been so at some time.
 * Source: the bits of `vcgencmd get_throttled`, raspberrypi.com/documentation/computers/os.html.
 */
export const POWER_FLAGS = {
  'under-voltage-now': 0,
  'frequency-capped-now': 1,
  'throttled-now': 2,
  'soft-temperature-limit-now': 3,
  'under-voltage-since-boot': 16,
  'frequency-capped-since-boot': 17,
  'throttled-since-boot': 18,
  'soft-temperature-limit-since-boot': 19,
} as const;
export type PowerFlag = keyof typeof POWER_FLAGS;

const LIMIT_MS = 5_000;

/** The flags in the program's answer, `throttled=0x50005`; a VigieError `power-flags` for any other answer. */
export function parsePowerFlags(answer: string): PowerFlag[] {
  const hex = /^throttled=0x([0-9a-f]{1,8})$/i.exec(answer.trim())?.[1];
  if (hex === undefined) {
    throw new VigieError(
      'power-flags',
      `read power flags ${JSON.stringify(answer.slice(0, 80))}: not an answer; "throttled=0x0" and the like are`,
    );
  }
  const bits = Number.parseInt(hex, 16);
  return (Object.keys(POWER_FLAGS) as PowerFlag[]).filter((flag) => (bits >>> POWER_FLAGS[flag]) & 1);
}

/** The flags now; undefined where the program is not there, as on machines that are no Raspberry Pi. */
export function readPowerFlags(program = 'vcgencmd', signal?: AbortSignal): Promise<PowerFlag[] | undefined> {
  if (signal?.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const settings = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, maxBuffer: 4096 };
    const child = execFile(program, ['get_throttled'], settings, (error, answer, complaint) => {
      signal?.removeEventListener('abort', stop);
      if (isSystemError(error, 'ENOENT')) return resolve(undefined);
      if (error) {
        const hint = 'The user must be in the group "video" to ask the firmware.';
        const is = error.killed ? `no answer within ${LIMIT_MS} ms` : complaint.trim() || error.message;
        return reject(new VigieError('power-flags', `run "${program} get_throttled": ${is}`, { cause: error, hint }));
      }
      try {
        resolve(parsePowerFlags(answer));
      } catch (fault) {
        reject(fault);
      }
    });
    // Not by execFile's own "signal": where it aborts while the program is being found absent, Node sends SIGTERM to whatever number
    // stands for the child that there never was. It may be 0, which is the process group of the agent.
    const stop = () => {
      if (child.pid !== undefined) child.kill('SIGKILL');
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
