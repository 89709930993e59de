import { slotFigures } from '@vigie/shared/protocol/messages';
import { and, eq } from 'drizzle-orm';
import type { z } from 'zod';
import { slotDay } from './certificate-schema.ts';
import type { SourceRow } from './inventories.ts';
import type { Store } from './store.ts';

export type ToldSlots = z.infer<typeof slotFigures>;

/** What devices have told of the slots of days that are over. */
export type SlotDays = {
  /** The last word on a day counts. A day without any slot says nothing. */
  told(row: SourceRow, days: readonly ToldSlots[]): void;
  of(row: SourceRow, day: string): ToldSlots | undefined;
};

export function createSlotDays({ database }: Pick<Store, 'database'>): SlotDays {
  const at = (row: SourceRow, day: string) => and(eq(slotDay.sourceId, row.id), eq(slotDay.day, day));
  const known = (row: SourceRow, day: string) => database.select().from(slotDay).where(at(row, day)).get()?.figures;
  return {
    told(row, days) {
      for (const { day, ...figures } of days) {
        if (Object.values(figures).every((count) => count === 0)) continue;
        const text = JSON.stringify({ day, ...figures });
        // Each state tells yesterday: what is known is not written again.
        if (known(row, day) === text) continue;
        database
          .insert(slotDay)
          .values({ sourceId: row.id, day, figures: text })
          .onConflictDoUpdate({ target: [slotDay.sourceId, slotDay.day], set: { figures: text } })
          .run();
      }
    },
    of(row, day) {
      const text = known(row, day);
      return text === undefined ? undefined : slotFigures.parse(JSON.parse(text));
    },
  };
}
