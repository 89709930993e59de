import type { Clock } from '@vigie/shared/kit/clock';
import type { Side } from '../http/schema.ts';
import type { Activities } from '../store/activities.ts';
import { type DeviceRow, stateOf } from '../store/devices.ts';
import type { ReportHistory } from '../store/report-history.ts';
import type { ReportRow } from '../store/reports.ts';
import type { ScheduleStore } from '../store/schedules.ts';
import { storedFilter } from './filter.ts';
import { type ReportSchedule, scheduleKey } from './reports-config.ts';
import { type Pair, type ScheduleStep, scheduleFilter, scheduleStep } from './schedule.ts';

/** Queues the reports that are due by the clock. */
export type ReportScheduler = {
  /** Looks at every schedule once; costs next to nothing where none is due. */
  look(): void;
};

/** After a start the devices come back first: a run that was missed would else find them away. */
const SETTLE_MS = 60_000;

export function createReportScheduler(options: {
  schedules: readonly ReportSchedule[];
  store: ScheduleStore;
  history: Pick<ReportHistory, 'isBusy'>;
  devices: { all(): DeviceRow[] };
  /** Destinations that the hub can list. */
  listable: ReadonlySet<string>;
  queue: (values: Pick<ReportRow, 'left' | 'right' | 'filter' | 'proof' | 'by' | 'trigger' | 'sync'>) => void;
  activities: Pick<Activities, 'add'>;
  clock: Clock;
}): ReportScheduler {
  const { schedules, store, history, devices, listable, queue, activities, clock } = options;
  const startedAt = clock.monotonic();
  const keyed = schedules.map((schedule) => ({ schedule, key: scheduleKey(schedule) }));
  store.keepOnly(keyed.map(({ key }) => key));

  const isBusy = (pair: Pair): boolean => {
    const { left, right } = sidesOf(pair);
    return history.isBusy(left, right);
  };

  function tell(schedule: ReportSchedule, { queue: queued, state, dueAt }: ScheduleStep): void {
    if (dueAt === undefined) return;
    const { site, device, source } = schedule.source;
    const what = `schedule "${schedule.cron}" of ${site}/${device}/${source}`;
    const where = schedule.destination === '*' ? 'any destination' : schedule.destination;
    if (queued.length + state.waiting.length === 0) {
      activities.add('report', `${what}: nothing to compare, no known source of this name delivers to ${where}`);
    } else {
      const waits = state.waiting.length > 0 ? `; pairs with one under way, which wait: ${state.waiting.length}` : '';
      activities.add(
        'report',
        `${what}: ${queued.length === 1 ? 'one report' : `${queued.length} reports`} queued${waits}`,
      );
    }
  }

  return {
    look() {
      if (clock.monotonic() - startedAt < SETTLE_MS) return;
      const pairs = () => devices.all().flatMap((row) => pairsOf(row, listable));
      for (const { schedule, key } of keyed) {
        const before = store.find(key);
        const now = clock.now();
        const step = scheduleStep(schedule, before, now, { pairs, isBusy });
        if (before && step.dueAt === undefined && step.queue.length === 0) {
          if (step.state.decidedAt === before.decidedAt && step.state.waiting.length === before.waiting.length)
            continue;
        }
        const filter = storedFilter(scheduleFilter(schedule, now));
        const { sync, proof } = schedule;
        const common = { filter, proof, by: 'schedule', trigger: 'schedule' as const, sync };
        store.save(key, step.state, () => {
          for (const pair of step.queue) queue({ ...sidesOf(pair), ...common });
        });
        tell(schedule, step);
      }
    },
  };
}

/** A device's sources, each with the destinations that it delivers to and the hub can list. */
function pairsOf(row: DeviceRow, listable: ReadonlySet<string>): Pair[] {
  const { site, device } = row;
  return (stateOf(row)?.sources ?? []).flatMap(({ name, destinations }) =>
    destinations.filter((d) => listable.has(d.name)).map((d) => ({ site, device, source: name, destination: d.name })),
  );
}

/** Both sides as reports store them. */
function sidesOf({ site, device, source, destination }: Pair): { left: string; right: string } {
  const left: Side = { type: 'source', site, device, source };
  const right: Side = { type: 'destination', destination, site, device, source };
  return { left: JSON.stringify(left), right: JSON.stringify(right) };
}
