import { RECOVERY_RUNGS } from '@vigie/shared/protocol/messages';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';
import type { NewEvent, Outbox } from './outbox.ts';
import { fact } from './schema.ts';

const rungName = z.enum(RECOVERY_RUNGS);
const uses = z.object({
  /** `YYYYMMDD` in the device's zone: what `count` belongs to. */
  day: z.string(),
  count: z.partialRecord(rungName, z.number()),
  /** ms since 1970 by the machine's clock. */
  lastAt: z.partialRecord(rungName, z.number()),
});
const ladderHistory = z.object({
  /** Attempts that gave no picture, since the last one that did. */
  failures: z.number(),
  failingSince: z.number().nullable(),
  /** The code of the last failure; empty when there is none. */
  code: z.string(),
  /** Attempts since a rung above them was used. */
  attempts: z.number(),
  /** Rungs above `retry` that were used in this round. */
  climbed: z.array(rungName),
  uses,
});
export type Uses = z.infer<typeof uses>;
export type LadderHistory = z.infer<typeof ladderHistory>;

export const noUses: Uses = { day: '', count: {}, lastAt: {} };
export const noHistory: LadderHistory = {
  failures: 0,
  failingSince: null,
  code: '',
  attempts: 0,
  climbed: [],
  uses: noUses,
};

export type RecoveryEvent = Omit<Extract<NewEvent, { type: 'camera-recovery' }>, 'type' | 'source'>;
/** `device` are the uses of rungs that count once for all sources of a device. */
export type Recovery = { history: LadderHistory; device: Uses };

/** What a source's recovery ladder remembers: on disk before a rung is used, so that a reboot cannot forget itself. */
export type Recoveries = {
  read(): Recovery;
  /** Keeps all of it, and tells the hub in the same transaction. */
  write(recovery: Recovery, event?: RecoveryEvent): void;
};

const DEVICE_KEY = 'recovery';

export function createRecoveries(ledger: Ledger, source: string, outbox: Outbox): Recoveries {
  const { database } = ledger;
  const key = `${DEVICE_KEY}/${source}`;

  function read<T>(name: string, schema: z.ZodType<T>, none: T): T {
    const value = database.select().from(fact).where(eq(fact.key, name)).get()?.value;
    if (value === undefined) return none;
    // Another version's form is no reason to fail: the ladder begins at its foot.
    const parsed = schema.safeParse(JSON.parse(value));
    return parsed.success ? parsed.data : none;
  }
  function keep(name: string, value: object): void {
    const text = JSON.stringify(value);
    const row = { target: fact.key, set: { value: text } };
    database.insert(fact).values({ key: name, value: text }).onConflictDoUpdate(row).run();
  }

  return {
    read: () => ({ history: read(key, ladderHistory, noHistory), device: read(DEVICE_KEY, uses, noUses) }),
    write({ history, device }, event) {
      database.transaction(() => {
        keep(key, history);
        keep(DEVICE_KEY, device);
        if (event) outbox.add({ type: 'camera-recovery', source, ...event });
      });
    },
  };
}
