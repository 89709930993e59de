import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { parseMessage } from '@vigie/shared/link/payload';
import { type DeviceEvent, type Message, THUMBNAIL_BYTES_MAX } from '@vigie/shared/protocol/messages';
import { labelOf } from '@vigie/shared/protocol/thumbnail';
import { type DeviceAddress, parseTopic } from '@vigie/shared/protocol/topics';
import type { LiveEvent } from '../http/schema.ts';
import type { InventoryReconciler } from '../inventory/reconciler.ts';
import type { RateMeter } from '../resync/rate-meter.ts';
import type { Activities } from '../store/activities.ts';
import { type Devices, stateOf } from '../store/devices.ts';
import type { Inventories } from '../store/inventories.ts';
import type { Previews } from '../store/previews.ts';
import { createSlotDays } from '../store/slot-days.ts';
import type { Store } from '../store/store.ts';
import { eventText } from './event-text.ts';
import { filterChanges } from './filter-changes.ts';

/** What devices say becomes what the hub knows. Each message is committed when the returned promise resolves. */
export type Intake = (topic: string, payload: Buffer, retained: boolean) => Promise<void>;

export function createIntake(options: {
  store: Store;
  devices: Devices;
  inventories: Inventories;
  previews: Previews;
  activities: Activities;
  reconciler: InventoryReconciler;
  acknowledge: (address: DeviceAddress, generation: string, seq: number) => void;
  replied: (reply: Message<'reply'>) => void;
  jobUpdated: (address: DeviceAddress, update: Message<'job/update'>) => void;
  /** What it tells of an outage drill. */
  drillTold?: (address: DeviceAddress, event: DeviceEvent & { type: 'drill-begun' | 'drill-ended' }) => void;
  /** The device has told of its birth: it may need its orders. */
  born: (address: DeviceAddress) => void;
  /** The device's own link to a destination is down, or was until now. */
  destinationDown: (address: DeviceAddress) => void;
  /** Learns how fast devices deliver. */
  meter?: Pick<RateMeter, 'busy' | 'delivered'>;
  live: (event: LiveEvent) => void;
  clock: Clock;
  log: Log;
}): Intake {
  const { store, devices, inventories, previews, activities, reconciler, live, log } = options;
  const slotDays = createSlotDays(store);
  const keyOf = ({ site, device }: DeviceAddress) => `${site}/${device}`;

  function delivered(address: DeviceAddress, told: DeviceEvent & { type: 'delivered' }): void {
    const { source, path, destination, at } = told;
    const row = options.meter && inventories.find({ ...address, source });
    const known = row && inventories.entry(row, path);
    if (known) options.meter?.delivered({ ...address, destination }, known.size, at);
  }

  /** More than one thing waits there. */
  function tellBusy(address: DeviceAddress, { sources }: Message<'state'>): void {
    const all = sources.flatMap((s) => s.destinations);
    for (const { name } of all) {
      const waiting = all.filter((d) => d.name === name).reduce((sum, d) => sum + d.backlog.count, 0);
      options.meter?.busy({ ...address, destination: name }, waiting > 1);
    }
  }

  function event(address: DeviceAddress, told: DeviceEvent): void {
    const device = devices.find(address);
    if (!device) return;
    if (told.generation !== device.generation) {
      log.warn({ ...address, generation: told.generation }, 'an event of another life of the ledger is left alone');
      return;
    }
    const { ackedSeq } = device;
    // After an outage the newest event comes before the others: it shows that there is something new, and is taken in its turn.
    if (told.seq === ackedSeq + 1) {
      store.database.transaction(() => {
        if (told.type === 'captured' || told.type === 'removed') {
          const row = inventories.open({ ...address, source: told.source }, told.generation);
          // A purged asset stays in the inventory: the source answers for it, and destinations are held against it.
          const stays = told.type === 'captured' || told.entry.purgedAt !== undefined;
          inventories.change(row, told.entry, told.sourceSeq, stays ? 1 : -1);
        }
        if (told.type === 'time-corrected' && told.entry.capturedAt !== undefined) {
          const row = inventories.open({ ...address, source: told.source }, told.generation);
          inventories.retime(row, told.entry.path, told.entry.capturedAt);
        }
        if (told.type === 'delivered') delivered(address, told);
        if (told.type === 'drill-begun' || told.type === 'drill-ended') options.drillTold?.(address, told);
        const message = eventText(told);
        if (message) activities.add(told.type, message, address, told.at);
        devices.acknowledge(address, told.generation, told.seq);
      });
      if (told.type === 'captured' || told.type === 'removed' || told.type === 'time-corrected')
        live({ topic: 'pictures', key: `${keyOf(address)}/${told.source}` });
    }
    const committed = devices.find(address)?.ackedSeq ?? 0;
    if (told.seq <= committed) options.acknowledge(address, told.generation, committed);
  }

  function state(address: DeviceAddress, told: Message<'state'>, fresh: boolean): void {
    const device = devices.find(address);
    if (!device || (!fresh && device.state !== null)) return;
    for (const change of filterChanges(stateOf(device), told)) activities.add('filter-changed', change, address);
    devices.state(address, told, fresh);
    tellBusy(address, told);
    for (const s of told.sources) {
      const row = inventories.open({ ...address, source: s.name }, s.generation);
      if (s.slots) slotDays.told(row, [s.slots.yesterday]);
      // Without this the inventory of a device whose digest got lost would never be asked for.
      if (!row.reconciled && s.storage === 'present') reconciler.ask({ ...address, source: s.name });
      if (s.destinations.some((d) => d.error !== null && d.backlog.count > 0)) options.destinationDown(address);
    }
    live({ topic: 'fleet', key: keyOf(address) });
  }

  return async (topic, payload, retained) => {
    const about = parseTopic(topic);
    if (!about) return;
    const { family, sub, ...address } = about;
    switch (family) {
      case 'status': {
        const told = parseMessage('status', payload);
        const before = devices.find(address);
        if (!devices.status(address, told, !retained)) return;
        if (!before) activities.add('device-new', `${keyOf(address)} reported for the first time`, address);
        const gone = told.state === 'lost' || told.state === 'disconnected';
        if (!gone) {
          reconciler.born(address);
          options.born(address);
        }
        live({ topic: 'fleet', key: keyOf(address) });
        return;
      }
      case 'state':
        return state(address, parseMessage('state', payload), !retained);
      case 'event':
        return event(address, parseMessage('event', payload));
      case 'reply':
        devices.heard(address);
        return options.replied(parseMessage('reply', payload));
      case 'job/update':
        return options.jobUpdated(address, parseMessage('job/update', payload));
      case 'inventory/digest':
        await reconciler.digest({ ...address, source: sub as string }, parseMessage('inventory/digest', payload));
        return;
      case 'inventory/chunk':
        await reconciler.chunk({ ...address, source: sub as string }, parseMessage('inventory/chunk', payload));
        return;
      case 'thumbnail': {
        const row = inventories.find({ ...address, source: sub as string });
        if (!row || payload.length === 0) return;
        if (payload.length > THUMBNAIL_BYTES_MAX + 4200 || payload.readUInt16BE(0) !== 0xffd8) {
          log.warn({ topic, bytes: payload.length }, 'a preview that is too large or no JPEG is left alone');
          return;
        }
        const label = labelOf(payload);
        if (label !== null && previews.of(row, label)) return;
        previews.add(row, label, payload);
        live({ topic: 'fleet', key: keyOf(address) });
        return;
      }
      default:
        return;
    }
  };
}
