import { nextCronRun } from '@vigie/shared/kit/cron';
import { addDays, dateOf } from '@vigie/shared/kit/dates';
import type { ReportFilter } from './filter.ts';
import type { ReportSchedule } from './reports-config.ts';

/** A source, and a destination that it delivers to. */
export type Pair = { site: string; device: string; source: string; destination: string };

/** How far a schedule has come. */
export type ScheduleState = {
  /** Runs up to this instant are decided on. */
  decidedAt: number;
  /** Pairs whose report was due while another of theirs was under way. */
  waiting: readonly Pair[];
};

export type ScheduleStep = {
  state: ScheduleState;
  /** Pairs that a report is to be queued for. */
  queue: Pair[];
  /** The run that was due; undefined where none was. Of several that were missed it is the first, and the only one made up. */
  dueAt: number | undefined;
};

/** A machine whose clock was so far ahead, and is set right, would else have no report until that time has come. */
const CLOCK_BACK_MS = 3_600_000;

/**
 * What is to be done for a schedule now. One that is seen for the first time, or anew after a change, begins with its next run;
 * runs that were missed are made up by one. A pair of which a report is queued or running waits until that has ended.
 */
export function scheduleStep(
  schedule: ReportSchedule,
  state: ScheduleState | undefined,
  now: number,
  facts: { pairs: () => readonly Pair[]; isBusy: (pair: Pair) => boolean },
): ScheduleStep {
  if (state === undefined) return { state: { decidedAt: now, waiting: [] }, queue: [], dueAt: undefined };
  const { waiting } = state;
  const decidedAt = state.decidedAt > now + CLOCK_BACK_MS ? now : state.decidedAt;
  const next = nextCronRun(schedule.cron, schedule.zone, decidedAt);
  const dueAt = next !== undefined && next <= now ? next : undefined;
  // What devices deliver is asked for only where it matters: this is called every second, and a report may take hours.
  if (dueAt === undefined && waiting.every(facts.isBusy)) return { state: { decidedAt, waiting }, queue: [], dueAt };
  const waited = new Set(waiting.map(pairText));
  const owed = facts
    .pairs()
    .filter((pair) => fits(schedule, pair) && (dueAt !== undefined || waited.has(pairText(pair))));
  const busy = new Set(owed.filter(facts.isBusy));
  return {
    state: { decidedAt: dueAt === undefined ? decidedAt : now, waiting: [...busy] },
    queue: owed.filter((pair) => !busy.has(pair)),
    dueAt,
  };
}

/** The filter of a report that is queued now. Its first day moves on with the calendar of the schedule's zone. */
export function scheduleFilter({ days, zone }: ReportSchedule, now: number): ReportFilter {
  if (days === undefined) return {};
  const first = addDays(dateOf(now, zone), 1 - days);
  return { fromDay: first.replaceAll('-', ''), lastDays: days };
}

function fits({ source: wanted, destination }: ReportSchedule, pair: Pair): boolean {
  const is = (part: string, name: string) => part === '*' || part === name;
  return (
    is(wanted.site, pair.site) &&
    is(wanted.device, pair.device) &&
    is(wanted.source, pair.source) &&
    is(destination, pair.destination)
  );
}

/** The parts are identifiers: none holds a slash. */
export const pairText = ({ site, device, source, destination }: Pair): string =>
  `${site}/${device}/${source}/${destination}`;
