import type { Clock } from '@vigie/shared/kit/clock';
import { type DeviceState, deviceState, type Message } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { device } from './schema.ts';
import type { Store } from './store.ts';

export type DeviceRow = typeof device.$inferSelect;

/** Devices as they have told of themselves. */
export type Devices = {
  all(): DeviceRow[];
  find(address: DeviceAddress): DeviceRow | undefined;
  /** A birth or a will; false where it belongs to an older session and says nothing. */
  status(address: DeviceAddress, status: Message<'status'>, fresh: boolean): boolean;
  /** `fresh` is false for what the broker had kept: it says nothing about now. */
  state(address: DeviceAddress, state: DeviceState, fresh: boolean): void;
  heard(address: DeviceAddress): void;
  present(address: DeviceAddress, presence: DeviceRow['presence']): void;
  acknowledge(address: DeviceAddress, generation: string, seq: number): void;
  /** Marks that an outage waits for its report. */
  outage(address: DeviceAddress, since: number | null): void;
  withOutage(): DeviceRow[];
};

export const stateOf = (row: DeviceRow): DeviceState | null =>
  row.state === null ? null : deviceState.parse(JSON.parse(row.state));

export function createDevices({ database }: Store, clock: Clock): Devices {
  const at = (a: DeviceAddress) => and(eq(device.site, a.site), eq(device.device, a.device));
  // Prepared once: they are asked for each message and at each look, and to write the text of a statement takes longer than to run it.
  const one = database
    .select()
    .from(device)
    .where(and(eq(device.site, sql.placeholder('site')), eq(device.device, sql.placeholder('device'))))
    .prepare();
  const every = database.select().from(device).orderBy(asc(device.site), asc(device.device)).prepare();
  const hit = database.select().from(device).where(isNotNull(device.outageSince)).prepare();
  const update = (a: DeviceAddress, values: Partial<DeviceRow>) =>
    database.update(device).set(values).where(at(a)).run();
  return {
    all: () => every.all(),
    find: ({ site, device: name }) => one.get({ site, device: name }),
    status(a, { state: status, session, generation, version, ackedSeq }, fresh) {
      return database.transaction(() => {
        const known = database.select().from(device).where(at(a)).get();
        const now = clock.now();
        const values = { generation, session, version, status, statusAt: now, ...(fresh && { lastHeardAt: now }) };
        if (!known) {
          database
            .insert(device)
            .values({ lastHeardAt: now, ...a, ...values, ackedSeq, presence: 'online', presenceSince: now })
            .run();
          return true;
        }
        const renewed = known.generation !== generation;
        if (!renewed && session < known.session) return false;
        if (status === 'lost' || status === 'disconnected') update(a, { status, statusAt: now });
        else update(a, { ...values, ackedSeq: renewed ? ackedSeq : Math.max(known.ackedSeq, ackedSeq) });
        return true;
      });
    },
    state(a, state, fresh) {
      const now = clock.now();
      update(a, { state: JSON.stringify(state), ...(fresh && { stateAt: now, lastHeardAt: now }) });
    },
    heard: (a) => update(a, { lastHeardAt: clock.now() }),
    present: (a, presence) => update(a, { presence, presenceSince: clock.now() }),
    acknowledge: (a, generation, ackedSeq) => update(a, { generation, ackedSeq }),
    outage(a, since) {
      const where = since === null ? at(a) : and(at(a), isNull(device.outageSince));
      database.update(device).set({ outageSince: since }).where(where).run();
    },
    withOutage: () => hit.all(),
  };
}
