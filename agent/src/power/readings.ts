import type { Sensor } from '@vigie/hardware/sensor/sensor';
import { UNITS } from '@vigie/hardware/sensor/sensor';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { SensorState } from '@vigie/shared/protocol/power-state';

/** The newest value of each sensor. */
export type Readings = {
  /** Reads every sensor once, all at the same time. Never throws, and ends after `limitMs` whatever a driver does. */
  readAll(signal: AbortSignal): Promise<void>;
  /** A value and when it was read: ms since 1970, and on the clock that never goes back. Undefined while there is none. */
  newest(name: string): { value: number; at: number; monotonicMs: number } | undefined;
  /** All of them, for the state message and the lines beside captures. */
  states(): SensorState[];
};

type Entry = { sensor: Sensor; value?: number; at?: number; monotonicMs?: number; error?: string; reading: boolean };

export function createReadings(options: {
  sensors: Sensor[];
  /** A reading that has not ended by then counts as failed, in milliseconds. */
  limitMs: number;
  clock: Clock;
  log: Log;
}): Readings {
  const { limitMs, clock, log } = options;
  const entries = new Map<string, Entry>(options.sensors.map((sensor) => [sensor.name, { sensor, reading: false }]));

  async function read(entry: Entry): Promise<void> {
    // A driver that hangs holds one reading, not one more each time.
    if (entry.reading) return;
    entry.reading = true;
    try {
      const value = await entry.sensor.read();
      const failedBefore = entry.error !== undefined;
      Object.assign(entry, { value, at: clock.now(), monotonicMs: clock.monotonic(), error: undefined });
      if (failedBefore) log.info({ sensor: entry.sensor.name }, 'a sensor gives values again');
    } catch (error) {
      failed(entry, error);
    } finally {
      entry.reading = false;
    }
  }

  function failed(entry: Entry, error: unknown): void {
    const message = messageOf(error).slice(0, 300);
    if (message !== entry.error) {
      const hint = error instanceof VigieError ? error.hint : undefined;
      log.warn({ sensor: entry.sensor.name, code: codeOf(error), hint }, message);
    }
    entry.error = message;
    // A value that was read badly once is followed by a good one; a sensor that is gone has none.
    if (codeOf(error) === 'sensor-absent') {
      entry.value = undefined as never;
      entry.at = undefined as never;
    }
  }

  return {
    async readAll(signal) {
      const over = new AbortController();
      const all = Promise.all([...entries.values()].map(read)).finally(() => over.abort());
      await clock.sleep(limitMs, AbortSignal.any([signal, over.signal]));
      if (over.signal.aborted) await all;
      else if (!signal.aborted) {
        for (const entry of entries.values()) {
          if (!entry.reading) continue;
          failed(entry, new VigieError('sensor-failed', `read "${entry.sensor.name}": no answer within ${limitMs} ms`));
        }
      }
    },
    newest(name) {
      const { value, at, monotonicMs } = entries.get(name) ?? {};
      return value === undefined || at === undefined || monotonicMs === undefined
        ? undefined
        : { value, at, monotonicMs };
    },
    states: () =>
      [...entries.values()].map(({ sensor: { name, quantity }, value, at, error }) => ({
        name,
        quantity,
        unit: UNITS[quantity],
        value: value ?? null,
        at: at ?? null,
        error: error ?? null,
      })),
  };
}
