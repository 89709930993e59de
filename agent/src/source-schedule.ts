import { addDays, dateOf, instantOn } from '@vigie/shared/kit/dates';
import { stamp } from '@vigie/shared/kit/zone';
import type { SourceState } from '@vigie/shared/protocol/messages';
import { type Calendar, calendarOf } from './capture/calendar.ts';
import type { Schedule } from './capture/schedule.ts';
import { windowsText } from './capture/schedule-text.ts';
import { endedFigures } from './slots/day.ts';
import { createSlotKeeper, type SlotKeeper } from './slots/keeper.ts';
import type { Ledger } from './store/ledger.ts';
import { createSlots, type Slots } from './store/slots.ts';

/** The slots of one source: what is expected, and what becomes of it. */
export type SourceSchedule = {
  readonly calendar: Calendar;
  readonly slots: Slots;
  readonly keeper: SlotKeeper;
  /** What its windows say, in a few words; undefined where it goes by an interval or a cron pattern. */
  readonly text: string | undefined;
  /** Today and yesterday in the source's zone. */
  figures(): NonNullable<SourceState['slots']>;
  /** So many days before today, those that the ledger has slots of. */
  lastDays(count: number): NonNullable<SourceState['slots']>['today'][];
};

export function openSchedule(options: {
  source: string;
  schedule: Schedule;
  zone: string;
  ledger: Ledger;
  now: () => number;
  isClockBelieved: () => boolean;
}): SourceSchedule {
  const { zone, now } = options;
  const calendar = calendarOf(options.schedule);
  const slots = createSlots(options.ledger, options.source);
  const dayOf = (at: number) => stamp(at, zone).slice(0, 8);
  const keeper = createSlotKeeper({
    calendar,
    schedule: JSON.stringify(options.schedule),
    calendarOf: (text) => calendarOf(JSON.parse(text)),
    slots,
    dayOf,
    endOfDay: (at) => instantOn(addDays(dateOf(at, zone), 1), 0, zone),
    now,
    isBelieved: options.isClockBelieved,
  });
  const told = (day: string) => ({ day, ...endedFigures(slots.figures(day)) });
  return {
    calendar,
    slots,
    keeper,
    text: 'windows' in options.schedule ? windowsText(options.schedule.windows) : undefined,
    figures() {
      const today = dateOf(now(), zone);
      return { today: told(compact(today)), yesterday: told(compact(addDays(today, -1))) };
    },
    lastDays(count) {
      const today = dateOf(now(), zone);
      return Array.from({ length: count }, (_, back) => told(compact(addDays(today, -1 - back)))).filter(
        ({ day: _, ...figures }) => Object.values(figures).some((slots) => slots > 0),
      );
    },
  };
}

const compact = (date: string): string => date.replaceAll('-', '');
