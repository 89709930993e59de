import { Cron } from 'croner';

/** When pictures are due: every so many milliseconds, counted from 1970, or by a cron pattern in a zone. */
export type Schedule = { everyMs: number } | { cron: string; zone: string };

/** The first slot after an instant (ms since 1970), or undefined when none follows. */
export function nextSlot(schedule: Schedule, after: number): number | undefined {
  if ('everyMs' in schedule) return (Math.floor(after / schedule.everyMs) + 1) * schedule.everyMs;
  return new Cron(schedule.cron, { timezone: schedule.zone, paused: true }).nextRun(new Date(after))?.getTime();
}
