import type { Clock } from '@vigie/shared/kit/clock';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import { desc, lt } from 'drizzle-orm';
import { activity } from './schema.ts';
import type { Store } from './store.ts';

export type ActivityRow = typeof activity.$inferSelect;

/** What happened, for people to read; the newest 20,000 are kept. */
export type Activities = {
  add(type: string, message: string, about?: DeviceAddress, at?: number): void;
  recent(limit: number): ActivityRow[];
};
const KEPT_MAX = 20_000;

export function createActivities({ database }: Store, clock: Clock, added: (id: number) => void): Activities {
  return {
    add(type, message, about, at) {
      const { id } = database
        .insert(activity)
        .values({ at: at ?? clock.now(), type, message, site: about?.site ?? null, device: about?.device ?? null })
        .returning({ id: activity.id })
        .get();
      if (id % 500 === 0)
        database
          .delete(activity)
          .where(lt(activity.id, id - KEPT_MAX))
          .run();
      added(id);
    },
    recent: (limit) => database.select().from(activity).orderBy(desc(activity.id)).limit(limit).all(),
  };
}
