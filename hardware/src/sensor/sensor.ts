/**
 * A sensor behind one port. An adapter is named by the kernel's interface that it reads (`hwmon.ts`, `iio.ts`, `one-wire.ts`).
 *
 * A sensor is looked up at every reading: its number may change when it is plugged in again. Errors are VigieErrors, retryable, each with
 * a hint: `sensor-absent` (no such device or value), `sensor-failed` (it is there and gave no value that can be believed).
 */
export interface Sensor {
  readonly name: string;
  readonly quantity: Quantity;
  /** The value now, in the unit of its quantity. */
  read(): Promise<number>;
}

/** What is measured, each with its one unit. */
export const UNITS = {
  temperature: '°C',
  humidity: '%',
  pressure: 'hPa',
  illuminance: 'lx',
  voltage: 'V',
  current: 'A',
  power: 'W',
  speed: 'rpm',
} as const;
export type Quantity = keyof typeof UNITS;
export const QUANTITIES = Object.keys(UNITS) as Quantity[];

/** Which sensor, as a program's configuration says it. */
export type SensorConfig = {
  name: string;
} & (
  | { type: 'hwmon'; device: string; channel: string }
  | { type: 'iio'; device: string; channel: string }
  | { type: 'one-wire'; id: string }
);
