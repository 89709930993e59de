import { execFile } from 'node:child_process';
import { awaitCamera, reauthorise } from '@vigie/hardware/camera/usb-authorise';
import type { PowerCycle } from '@vigie/hardware/power/relay';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Rung } from './ladder.ts';
import type { UseRung } from './recovering-camera.ts';

export type RungParts = {
  /** Present where the camera is one on USB: its serial number, where the configuration has one. `sys` stands for `/sys`. */
  usb?: { serial?: string | undefined; sys?: string | undefined; offMs: number } | undefined;
  /** How long a camera may take to come back. */
  settleMs: number;
  powerCycle?: PowerCycle | undefined;
  /** Ends the agent in order; whoever started it starts it again. */
  restartAgent: (why: string) => void;
  /** Program and arguments. */
  rebootCommand: readonly string[];
  clock: Clock;
};

/** The rungs that have what they need for this camera. */
export function possibleRungs({ usb, powerCycle }: RungParts): ReadonlySet<Rung> {
  const always: Rung[] = ['retry', 'redetect', 'restart-agent', 'reboot'];
  return new Set<Rung>([
    ...always,
    ...(usb ? (['usb-reauthorise'] as const) : []),
    ...(powerCycle ? (['power-cycle'] as const) : []),
  ]);
}

/** The rungs on this machine. That the camera is opened anew is part of `redetect` already when it comes here. */
export function rungsOn(parts: RungParts): UseRung {
  const { usb, settleMs, powerCycle, clock } = parts;

  /** Where the camera is now, when it is one on USB; it is waited for up to a limit. */
  async function whereabouts(limitMs: number, signal: AbortSignal): Promise<string> {
    if (!usb) return '';
    const camera = await awaitCamera({ ...usb, limitMs, clock }, signal);
    return camera ? `: "${camera.name}" is at ${camera.port}, address ${camera.node}` : ': no camera is seen on USB';
  }

  return async (rung, signal) => {
    switch (rung) {
      case 'redetect':
        return `the camera was looked for anew${await whereabouts(0, signal)}`;
      case 'usb-reauthorise': {
        if (!usb) throw new VigieError('not-possible', 'switch the camera off and on at USB: it is no USB camera');
        const { name, port } = await reauthorise({ ...usb, clock }, signal);
        return `"${name}" at ${port} was switched off and on at USB${await whereabouts(settleMs, signal)}`;
      }
      case 'power-cycle':
        if (!powerCycle) throw new VigieError('not-possible', "switch the camera's power: the source has no relay");
        await powerCycle(signal);
        return `the camera's power was switched off and on${await whereabouts(settleMs, signal)}`;
      case 'restart-agent':
        parts.restartAgent('the camera gives no picture');
        return 'the agent is started anew';
      case 'reboot':
        await run(parts.rebootCommand, signal);
        return 'the device is rebooted';
    }
  };
}

function run([program = '', ...args]: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, _, complaint) => {
      signal.removeEventListener('abort', kill);
      if (!error) return resolve();
      const is = complaint.trim().split('\n').at(-1) || error.message;
      reject(
        new VigieError('reboot', `run ${JSON.stringify([program, ...args].join(' '))}: ${is}`, {
          cause: error,
          hint: 'The agent needs the right to reboot: run it as root, or let polkit allow it.',
        }),
      );
    });
    // Node's own way with a signal kills whatever id it finds where the program could not be started.
    const kill = () => child.pid !== undefined && child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
  });
}
