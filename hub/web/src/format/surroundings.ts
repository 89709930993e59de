import type { PowerState, SensorState } from '../api/documents.ts';

/** `Temperature (housing)`: what is measured, and where. */
export const sensorTitle = ({ name, quantity }: Pick<SensorState, 'name' | 'quantity'>): string =>
  `${quantity.charAt(0).toUpperCase()}${quantity.slice(1)} (${name})`;

/** `-3.5 °C`; why there is no value, where there is none. */
export function sensorText({ value, unit, error }: Pick<SensorState, 'value' | 'unit' | 'error'>): string {
  if (value === null) return error ?? 'no value yet';
  const text = `${Number(value.toFixed(Math.abs(value) < 100 ? 1 : 0))} ${unit}`.trim();
  return error === null ? text : `${text} (${error})`;
}

/** `under-voltage-now` as people say it: `under-voltage now`; names that are not known stay as they are. */
export const flagText = (flag: string): string => flag.replace(/-(now|since-boot)$/, (_, when) => ` ${SPANS[when]}`);
const SPANS: Record<string, string> = { now: 'now', 'since-boot': 'since it was switched on' };

const REASONS: Record<string, string> = {
  cold: 'it is cold',
  warm: 'it is warm enough',
  between: 'it is neither cold nor warm',
  'minimum-on': 'it stays on for a while',
  'minimum-off': 'it stays off for a while',
  'no-temperature': 'no temperature is known',
  stale: 'the temperature is too old',
};

/** `on: it is cold`. */
export function heaterText({ on, because }: Pick<PowerState['heaters'][number], 'on' | 'because'>): string {
  return `${on === null ? 'unknown' : on ? 'on' : 'off'}: ${REASONS[because] ?? because}`;
}
