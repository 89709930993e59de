import type { Calendar } from '../capture/calendar.ts';
import type { SlotFigures, SlotRow, Slots } from '../store/slots.ts';

/** One day of a source: its figures, its slots up to now with their states, and how many more are expected. */
export type SlotDay = { day: string; figures: Omit<SlotFigures, 'begun'>; slots: ToldSlot[]; toCome: number };
/** `at` is ms since 1970. `waiting` is a slot whose capture is under way. */
export type ToldSlot = {
  at: number;
  state: Exclude<SlotRow['state'], 'begun'> | 'waiting';
  code?: string;
  message?: string;
};

/** A slot whose capture is under way has not ended in a state yet. */
export function endedFigures({ begun: _, ...figures }: SlotFigures): Omit<SlotFigures, 'begun'> {
  return figures;
}

/** @param end the midnight that ends the day */
export function slotDay(day: string, slots: Slots, calendar: Calendar, now: number, end: number): SlotDay {
  const rows = slots.ofDay(day);
  const known = new Set(rows.map(({ at }) => at));
  let toCome = 0;
  for (const { at, excluded } of calendar.slots(now, end - 1)) if (!excluded && !known.has(at)) toCome += 1;
  const told: ToldSlot[] = rows.map(({ at, state, code, message }) => ({
    at,
    state: state === 'begun' ? 'waiting' : state,
    ...(code !== null && { code }),
    ...(message !== null && { message }),
  }));
  return {
    day,
    figures: endedFigures(slots.figures(day)),
    slots: told,
    toCome,
  };
}

/** For a terminal: a line of figures, and a line a slot. */
export function slotDayText(source: string, zone: string, { day, figures, slots, toCome }: SlotDay): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium', hourCycle: 'h23' });
  const counts = Object.entries({ ...figures, 'to come': toCome }).filter(([, count]) => count > 0);
  const head = `${source}, ${day} (${zone}): ${counts.map(([state, count]) => `${count} ${state}`).join(', ') || 'no slots'}`;
  const lines = slots.map(({ at, state, code, message }) =>
    `  ${time.format(at)}  ${state.padEnd(10)}${code === undefined ? '' : `  ${code}: ${message}`}`.trimEnd(),
  );
  return `${[head, ...lines].join('\n')}\n`;
}
