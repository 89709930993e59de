import { eq, notInArray } from 'drizzle-orm';
import type { ScheduleState } from '../report/schedule.ts';
import { reportSchedule } from './schema.ts';
import type { Store } from './store.ts';

/** How far each schedule of reports has come, across restarts. */
export type ScheduleStore = {
  find(schedule: string): ScheduleState | undefined;
  /** Saves the state together with the reports that `queue` creates: both or neither are there after a crash. */
  save(schedule: string, state: ScheduleState, queue: () => void): void;
  /** Forgets schedules that are no longer configured. */
  keepOnly(schedules: string[]): void;
};

export function createScheduleStore({ database }: Store): ScheduleStore {
  return {
    find(schedule) {
      const row = database.select().from(reportSchedule).where(eq(reportSchedule.schedule, schedule)).get();
      return row && { decidedAt: row.decidedAt, waiting: JSON.parse(row.waiting) };
    },
    save(schedule, { decidedAt, waiting }, queue) {
      const values = { decidedAt, waiting: JSON.stringify(waiting) };
      database.transaction(() => {
        database
          .insert(reportSchedule)
          .values({ schedule, ...values })
          .onConflictDoUpdate({ target: reportSchedule.schedule, set: values })
          .run();
        queue();
      });
    },
    keepOnly(schedules) {
      database.delete(reportSchedule).where(notInArray(reportSchedule.schedule, schedules)).run();
    },
  };
}
