import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

/**
 * Something on a line that is opened when it can be: a driver may be late at boot, another program may let a line go. What cannot be
 * opened holds up nothing else, and is told.
 */
export type Fitting<D extends Disposable> = Disposable & {
  readonly name: string;
  readonly device: D | undefined;
  /** Why it is not open. */
  readonly fault: { code: string; message: string } | undefined;
  /** It has failed: it is closed, and opened again by the next `tryOpen`. Never throws. */
  lost(error: VigieError): void;
  /** Opens it unless it is open. Never throws. */
  tryOpen(): void;
  /** The device; a VigieError `not-fitted` with the fault while there is none. */
  require(): D;
};

export function createFitting<D extends Disposable>(options: { name: string; open: () => D; log: Log }): Fitting<D> {
  const { name, log } = options;
  let device: D | undefined;
  let fault: { code: string; message: string } | undefined;
  function note(error: unknown): void {
    const next = { code: codeOf(error), message: messageOf(error).slice(0, 500) };
    // Told once, and again when it is something else.
    if (next.message !== fault?.message) {
      const hint = error instanceof VigieError ? error.hint : undefined;
      log.error({ part: name, code: next.code, hint }, `what is on a line does not work: ${next.message}`);
    }
    fault = next;
  }

  return {
    name,
    get device() {
      return device;
    },
    get fault() {
      return fault;
    },
    lost(error) {
      note(error);
      const closing = device;
      device = undefined;
      try {
        closing?.[Symbol.dispose]();
      } catch (again) {
        log.debug({ part: name }, `what has failed could not be closed: ${messageOf(again)}`);
      }
    },
    tryOpen() {
      if (device !== undefined) return;
      try {
        device = options.open();
        if (fault) log.info({ part: name }, 'what is on a line works now');
        fault = undefined;
      } catch (error) {
        note(error);
      }
    },
    require() {
      if (device !== undefined) return device;
      throw new VigieError('not-fitted', `use "${name}": ${fault?.message ?? 'it has not been opened yet'}`, {
        retryable: true,
      });
    },
    [Symbol.dispose]() {
      const closing = device;
      device = undefined;
      closing?.[Symbol.dispose]();
    },
  };
}
