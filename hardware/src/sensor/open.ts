import { createHwmon } from './hwmon.ts';
import { createIio } from './iio.ts';
import { createOneWire } from './one-wire.ts';
import type { Sensor, SensorConfig } from './sensor.ts';

/** Where the kernel shows sensors, where that is not below `/sys`. */
export type SensorRoots = { hwmon?: string; iio?: string; oneWire?: string };

/** The sensor that a configuration names. One that is not there is told at its reading, not here. */
export function openSensor(config: SensorConfig, roots: SensorRoots = {}): Sensor {
  switch (config.type) {
    case 'hwmon':
      return createHwmon({ ...config, ...(roots.hwmon !== undefined && { root: roots.hwmon }) });
    case 'iio':
      return createIio({ ...config, ...(roots.iio !== undefined && { root: roots.iio }) });
    case 'one-wire':
      return createOneWire({ ...config, ...(roots.oneWire !== undefined && { root: roots.oneWire }) });
  }
}
