import { addDays, dateOf, instantOn } from '@vigie/shared/kit/dates';
import { VigieError } from '@vigie/shared/kit/errors';
import { calendarOf } from '../capture/calendar.ts';
import { scheduleOf } from '../capture/schedule-config.ts';
import type { AgentConfig } from '../config.ts';
import { slotDay, slotDayText } from '../slots/day.ts';
import { readLedger } from '../store/read-ledger.ts';
import { createSlots } from '../store/slots.ts';

/** What became of the slots of a day, for each source with a schedule; read beside a running agent. Returns the text to print. */
export function slotsCommand(
  config: AgentConfig,
  options: { day: string | undefined; json: boolean; now: number },
): string {
  using ledger = readLedger(config.dataFolder);
  const days = config.sources.flatMap((source) => {
    const zone = source.zone ?? config.zone;
    const schedule = scheduleOf(source, zone, config.location);
    if (!schedule) return [];
    const date = options.day === undefined ? dateOf(options.now, zone) : dateGiven(options.day);
    const end = instantOn(addDays(date, 1), 0, zone);
    const slots = createSlots(ledger, source.name);
    const told = slotDay(date.replaceAll('-', ''), slots, calendarOf(schedule), options.now, end);
    return [{ source: source.name, zone, ...told }];
  });
  if (options.json) return `${JSON.stringify(days, null, 2)}\n`;
  if (days.length === 0) return 'no source has a schedule\n';
  return days.map(({ source, zone, ...day }) => slotDayText(source, zone, day)).join('\n');
}

/** `2026-11-23` or `20261123`, as the first. */
function dateGiven(text: string): string {
  const [, year, month, day] = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(text) ?? [];
  const date = `${year}-${month}-${day}`;
  if (year !== undefined && !Number.isNaN(Date.parse(date)) && addDays(date, 0) === date) return date;
  throw new VigieError('arguments', `--day ${JSON.stringify(text)}: is no date; one like 2026-11-23 is allowed`);
}
