import type { Gpio, InputRequest } from '@vigie/hardware/gpio/gpio';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Level } from './gpio-guest/journal.ts';

/** A chip of eight lines in memory, which passes the contract of the Gpio port: outside, a test drives its inputs and watches its outputs. */
export type MemoryGpio = Gpio & {
  drive(line: number, level: Level): void;
  /** What an output line is at; undefined while nobody drives it. */
  level(line: number): Level | undefined;
  isOpen(line: number): boolean;
};

const LINES = 8;

export function createMemoryGpio(
  watched: (change: { line: number; level: Level }) => void = () => undefined,
): MemoryGpio {
  const levels = new Map<number, Level>();
  const driven = new Map<number, Level>();
  const inputs = new Map<number, { level: (level: Level) => void }>();
  const open = new Map<number, Disposable>();

  function take<D extends Disposable>(line: number, device: D): D {
    open.set(line, device);
    return device;
  }
  function refuse(line: number): void {
    if (line >= LINES)
      throw new VigieError('gpio-no-line', `open line ${line}: there is none`, { hint: 'Take 0 to 7.' });
    if (!open.has(line)) return;
    throw new VigieError('gpio-busy', `open line ${line}: it is held`, { retryable: true, hint: 'Let it go first.' });
  }
  function release(line: number, device: Disposable): void {
    if (open.get(line) !== device) return;
    open.delete(line);
    inputs.delete(line);
  }

  return {
    description: 'memory',
    setsBias: true,
    openInput(request) {
      refuse(request.line);
      const { line, activeLow } = request;
      const isActive = (level: Level) => (level === 1) !== activeLow;
      const follow = follower(request, isActive(driven.get(line) ?? 0));
      inputs.set(line, { level: (level) => follow.seen(isActive(level)) });
      const device = {
        read: () => isActive(driven.get(line) ?? 0),
        [Symbol.dispose]() {
          follow.stop();
          release(line, device);
        },
      };
      return take(line, device);
    },
    openOutput({ line, activeLow, initiallyActive }) {
      refuse(line);
      let active = initiallyActive;
      const put = () => {
        const level: Level = active === activeLow ? 0 : 1;
        if ((levels.get(line) ?? 0) !== level) watched({ line, level });
        levels.set(line, level);
      };
      put();
      const device = {
        get active() {
          return active;
        },
        set(next: boolean) {
          active = next;
          put();
        },
        [Symbol.dispose]: () => release(line, device),
      };
      return take(line, device);
    },
    drive(line, level) {
      if ((driven.get(line) ?? 0) === level) return;
      driven.set(line, level);
      inputs.get(line)?.level(level);
    },
    level: (line) => levels.get(line),
    isOpen: (line) => open.has(line),
    [Symbol.dispose]() {
      for (const device of open.values()) device[Symbol.dispose]();
    },
  };
}

/** Tells changes of a level, after they have stayed for the time of debouncing. */
function follower({ edge, debounceMs, changed }: InputRequest, before: boolean) {
  let told = before;
  let timer: NodeJS.Timeout | undefined;
  const tell = (active: boolean) => {
    if (active === told) return;
    told = active;
    if (edge === 'both' || (edge === 'activated') === active) changed(active);
  };
  return {
    seen(active: boolean) {
      clearTimeout(timer);
      if (debounceMs === 0) tell(active);
      else timer = setTimeout(() => tell(active), debounceMs);
    },
    stop: () => clearTimeout(timer),
  };
}
