import type { Gpio } from '../gpio/gpio.ts';

/** When a heater is on. Temperatures in °C, durations in milliseconds. */
export type HeaterLimits = {
  /** On when it is colder than this … */
  onBelow: number;
  /** … and off when it is warmer than this, which is higher: between the two it stays as it is. */
  offAbove: number;
  minimumOnMs: number;
  minimumOffMs: number;
  /** A reading older than this is none. */
  staleMs: number;
};

export type HeaterState = { on: boolean; because: HeaterReason };
export type HeaterReason = 'cold' | 'warm' | 'between' | 'minimum-on' | 'minimum-off' | 'no-temperature' | 'stale';

/**
 * On or off, and why. Without a temperature that can be believed it is off, whatever the minimum times: a heater that nobody
 * watches is a danger, a cold camera is not.
 *
 * @param options.sinceMs for how long it has been as it is
 * @param options.reading the newest temperature and its age, or undefined while there is none
 */
export function decideHeater(options: {
  limits: HeaterLimits;
  on: boolean;
  sinceMs: number;
  reading: { celsius: number; ageMs: number } | undefined;
}): HeaterState {
  const { limits, on, sinceMs, reading } = options;
  if (reading === undefined || !Number.isFinite(reading.celsius)) return { on: false, because: 'no-temperature' };
  if (reading.ageMs > limits.staleMs || reading.ageMs < 0) return { on: false, because: 'stale' };
  const wanted = reading.celsius < limits.onBelow ? true : reading.celsius > limits.offAbove ? false : on;
  if (wanted === on) {
    const between = reading.celsius >= limits.onBelow && reading.celsius <= limits.offAbove;
    return { on, because: between ? 'between' : on ? 'cold' : 'warm' };
  }
  if (on && sinceMs < limits.minimumOnMs) return { on, because: 'minimum-on' };
  if (!on && sinceMs < limits.minimumOffMs) return { on, because: 'minimum-off' };
  return { on: wanted, because: wanted ? 'cold' : 'warm' };
}

/** A heater behind a line: off from the start and at the end. */
export interface Heater extends Disposable {
  readonly on: boolean;
  readonly because: HeaterReason;
  /**
   * Looks at the newest temperature and switches. Call it more often than `staleMs`. `monotonicMs` grows by itself and never goes
   * back; a reading's age is counted on the same clock.
   */
  look(reading: { celsius: number; monotonicMs: number } | undefined, monotonicMs: number): HeaterState;
}

export function openHeater(options: { gpio: Gpio; line: number; activeLow: boolean; limits: HeaterLimits }): Heater {
  const { gpio, activeLow, limits } = options;
  const line = gpio.openOutput({ line: options.line, activeLow, initiallyActive: false });
  let because: HeaterReason = 'no-temperature';
  /** The last switch; the time before the start counts as a long one. */
  let switchedAt = Number.NEGATIVE_INFINITY;
  return {
    get on() {
      return line.active;
    },
    get because() {
      return because;
    },
    look(reading, monotonicMs) {
      const state = decideHeater({
        limits,
        on: line.active,
        sinceMs: monotonicMs - switchedAt,
        reading: reading && { celsius: reading.celsius, ageMs: monotonicMs - reading.monotonicMs },
      });
      if (state.on !== line.active) {
        line.set(state.on);
        switchedAt = monotonicMs;
      }
      because = state.because;
      return state;
    },
    [Symbol.dispose]() {
      try {
        if (line.active) line.set(false);
      } finally {
        line[Symbol.dispose]();
      }
    },
  };
}
