import type { Clock } from '@vigie/shared/kit/clock';
import { eq, like } from 'drizzle-orm';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';
import { fact } from './schema.ts';

/** Since when deliveries to a destination are paused, by whom, and until when (ms since 1970); null: until somebody resumes them. */
export type DeliveryPause = { at: number; by: string; until: number | null };

/**
 * Pauses of destinations, as operators order them; they outlast a restart. Their length is counted by the time that no clock setting
 * changes. Only what passes while the agent is down is told by the clock: it can end a pause early then, and never makes one longer than
 * it was ordered.
 */
export type DeliveryPauses = {
  /** Undefined where deliveries go. `until` follows a clock that was set. */
  of(destination: string): DeliveryPause | undefined;
  pause(destination: string, pause: DeliveryPause): void;
  resume(destination: string): void;
};

/** `forMs` is its whole length; a ledger of an earlier version has none. */
const stored = z.object({
  at: z.number(),
  by: z.string(),
  until: z.number().nullable(),
  forMs: z.number().optional(),
});
type Stored = z.infer<typeof stored>;
/** `endsAt` is of the monotonic clock. */
type Armed = { pause: Stored; endsAt: number };

/** By so much the clock may go differently before it counts as set. */
const STEP_MS = 2_000;

export function createDeliveryPauses({ database }: Pick<Ledger, 'database'>, clock: Clock): DeliveryPauses {
  const keyOf = (destination: string) => `delivery-pause/${destination}`;
  /** It is asked before every delivery. */
  const known = new Map<string, Armed>();

  const armed = (pause: Stored, leftMs: number): Armed => ({ pause, endsAt: clock.monotonic() + leftMs });
  /** What is left of a pause that was found in the ledger. */
  function leftOf({ at, until, forMs }: Stored): number {
    return until === null ? Number.POSITIVE_INFINITY : Math.min(until - clock.now(), forMs ?? until - at);
  }
  // At the start: from now on the time counts that no setting changes.
  for (const { key, value } of database
    .select()
    .from(fact)
    .where(like(fact.key, keyOf('%')))
    .all()) {
    const pause = stored.parse(JSON.parse(value));
    known.set(key.slice(keyOf('').length), armed(pause, leftOf(pause)));
  }

  function keep(destination: string, one: Armed): Armed {
    const value = JSON.stringify(one.pause);
    database
      .insert(fact)
      .values({ key: keyOf(destination), value })
      .onConflictDoUpdate({ target: fact.key, set: { value } })
      .run();
    known.set(destination, one);
    return one;
  }

  return {
    of(destination) {
      let one = known.get(destination);
      const leftMs = one ? one.endsAt - clock.monotonic() : 0;
      if (!one || leftMs <= 0) return undefined;
      const until = Math.round(clock.now() + leftMs);
      if (one.pause.until !== null && Math.abs(until - one.pause.until) > STEP_MS)
        one = keep(destination, { ...one, pause: { ...one.pause, until } });
      const { at, by, until: told } = one.pause;
      return { at, by, until: told };
    },
    pause(destination, pause) {
      const forMs = pause.until === null ? Number.POSITIVE_INFINITY : pause.until - pause.at;
      keep(destination, armed({ ...pause, ...(pause.until !== null && { forMs }) }, forMs));
    },
    resume(destination) {
      database
        .delete(fact)
        .where(eq(fact.key, keyOf(destination)))
        .run();
      known.delete(destination);
    },
  };
}
