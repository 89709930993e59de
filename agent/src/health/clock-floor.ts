import type { Clock } from '@vigie/shared/kit/clock';
import { eq } from 'drizzle-orm';
import type { Ledger } from '../store/ledger.ts';
import { fact } from '../store/schema.ts';

/** Is the machine's clock believable? One that stands before a time that this agent has already seen is not. */
export type ClockFloor = {
  trusted(): boolean;
  /** The clock is known to be right now: a floor above it came from one that was ahead. */
  confirm(): void;
};

/** No device runs this program before it was written. */
export const WRITTEN_AT = Date.UTC(2026, 0, 1);
const KEY = 'clock-floor';
const SAVE_EVERY_MS = 600_000;

export function createClockFloor({ database }: Ledger, clock: Clock): ClockFloor {
  let floor = Number(database.select().from(fact).where(eq(fact.key, KEY)).get()?.value ?? WRITTEN_AT);
  function save(now: number): void {
    floor = now;
    const value = String(now);
    database.insert(fact).values({ key: KEY, value }).onConflictDoUpdate({ target: fact.key, set: { value } }).run();
  }
  return {
    trusted() {
      const now = clock.now();
      if (now < floor - SAVE_EVERY_MS) return false;
      if (now > floor + SAVE_EVERY_MS) save(now);
      return true;
    },
    confirm() {
      if (clock.now() < floor) save(clock.now());
    },
  };
}
