import { instantOn, type LocalDate } from '@vigie/shared/kit/dates';
import { getPosition, getTimes } from 'suncalc';
import type { Location } from './schedule.ts';

/** Dawn and dusk are civil: the sun's centre 6° below the horizon. At sunrise and sunset its upper edge is on it. */
export const SUN_EVENTS = ['dawn', 'sunrise', 'noon', 'sunset', 'dusk'] as const;
export type SunEvent = (typeof SUN_EVENTS)[number];

/** The altitude in degrees that an event is the passing of. Source: suncalc's table of sunlight times. */
const ALTITUDE = { dawn: -6, sunrise: -0.833, noon: -90, sunset: -0.833, dusk: -6 };

/**
 * When the sun passes a point on a date, as ms since 1970. `at` is undefined on a date on which it does not; then `isUp`
 * says whether it stays above all day (polar day) or below it (polar night).
 */
export function sunOn(
  event: SunEvent,
  date: LocalDate,
  zone: string,
  location: Location | undefined,
): { at: number | undefined; isUp: boolean } {
  // A configuration without coordinates is refused before it comes here.
  const { latitude, longitude } = location ?? { latitude: 0, longitude: 0 };
  const midday = new Date(instantOn(date, 12 * 3_600_000, zone));
  const times = getTimes(midday, latitude, longitude);
  const at = event === 'noon' ? times.solarNoon : times[event];
  if (at) return { at: Math.round(at.getTime()), isUp: true };
  return { at: undefined, isUp: getPosition(times.solarNoon, latitude, longitude).altitude > ALTITUDE[event] };
}
