import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { localTime } from '@vigie/shared/kit/zone';
import { and, eq, sql } from 'drizzle-orm';
import type { Ledger } from '../../store/ledger.ts';
import { sentAmount } from '../../store/schema.ts';

/** The bytes that a destination may get in a calendar month. What was sent is kept in the ledger, also what came to nothing. */
export type Budget = {
  /** Sets bytes aside for a transfer; `budget-spent` (retryable) where fewer are left. */
  setAside(bytes: number): Aside;
};
export type Aside = {
  /** So many have been sent. */
  sent(bytes: number): void;
  /** The transfer has ended: what it did not send is free again. */
  end(): void;
};

/** What a crash may leave uncounted. */
const UNTOLD_BYTES_MAX = 4 * 1024 * 1024;

export function createBudget(options: {
  ledger: Ledger;
  destination: string;
  /** Bytes. */
  monthly: number;
  zone: string;
  clock: Pick<Clock, 'now'>;
}): Budget {
  const { ledger, destination, monthly, zone, clock } = options;
  let aside = 0;
  let untold = 0;

  const month = (): string => {
    const { year, month } = localTime(clock.now(), zone);
    return `${year}-${String(month).padStart(2, '0')}`;
  };
  const used = (): number =>
    untold +
    (ledger.database
      .select({ bytes: sentAmount.bytes })
      .from(sentAmount)
      .where(and(eq(sentAmount.destination, destination), eq(sentAmount.month, month())))
      .get()?.bytes ?? 0);

  function tell(): void {
    if (untold === 0) return;
    const bytes = untold;
    ledger.database
      .insert(sentAmount)
      .values({ destination, month: month(), bytes })
      .onConflictDoUpdate({
        target: [sentAmount.destination, sentAmount.month],
        set: { bytes: sql`${sentAmount.bytes} + ${bytes}` },
      })
      .run();
    untold = 0;
  }

  return {
    setAside(bytes) {
      const left = monthly - used() - aside;
      if (left < bytes) {
        const message = `deliver to "${destination}": ${Math.max(0, left)} of the ${monthly} bytes of ${month()} are left, and ${bytes} are needed`;
        throw new VigieError('budget-spent', message, {
          retryable: true,
          hint: 'Deliveries go on by themselves next month; a larger "monthly" of the destination\'s limits lets them go on now.',
        });
      }
      let open = bytes;
      aside += bytes;
      return {
        sent(count) {
          const paid = Math.min(count, open);
          open -= paid;
          aside -= paid;
          untold += count;
          if (untold >= UNTOLD_BYTES_MAX) tell();
        },
        end() {
          aside -= open;
          open = 0;
          tell();
        },
      };
    },
  };
}
