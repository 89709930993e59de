import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';
import { fact } from './schema.ts';

/** Since when deliveries to a destination are paused, by whom, and until when (ms since 1970); null: until somebody resumes them. */
const deliveryPause = z.object({ at: z.number(), by: z.string(), until: z.number().nullable() });
export type DeliveryPause = z.infer<typeof deliveryPause>;

/** Pauses of destinations, as operators order them; they outlast a restart. */
export type DeliveryPauses = {
  /** Undefined where deliveries go. */
  of(destination: string, now: number): DeliveryPause | undefined;
  pause(destination: string, pause: DeliveryPause): void;
  resume(destination: string): void;
};

export function createDeliveryPauses(ledger: Ledger): DeliveryPauses {
  const { database } = ledger;
  const keyOf = (destination: string) => `delivery-pause/${destination}`;
  /** It is asked before every delivery. */
  const known = new Map<string, DeliveryPause | undefined>();

  function read(destination: string): DeliveryPause | undefined {
    const text = database
      .select()
      .from(fact)
      .where(eq(fact.key, keyOf(destination)))
      .get()?.value;
    return text === undefined ? undefined : deliveryPause.parse(JSON.parse(text));
  }

  return {
    of(destination, now) {
      if (!known.has(destination)) known.set(destination, read(destination));
      const pause = known.get(destination);
      return pause && (pause.until === null || pause.until > now) ? pause : undefined;
    },
    pause(destination, pause) {
      const value = JSON.stringify(pause);
      database
        .insert(fact)
        .values({ key: keyOf(destination), value })
        .onConflictDoUpdate({ target: fact.key, set: { value } })
        .run();
      known.set(destination, pause);
    },
    resume(destination) {
      database
        .delete(fact)
        .where(eq(fact.key, keyOf(destination)))
        .run();
      known.set(destination, undefined);
    },
  };
}
