import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { stampedAt } from '@vigie/shared/kit/zone';
import { kindOf } from '@vigie/shared/protocol/asset';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { HubServices } from '../http/services.ts';
import { type DeviceRow, type Devices, stateOf } from '../store/devices.ts';
import type { Inventories, SourceName, SourceRow } from '../store/inventories.ts';
import type { Previews } from '../store/previews.ts';
import type { Commander } from './commander.ts';
import type { Originals } from './originals.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms));

/** The fleet as the HTTP API shows it. */
export function createFleet(options: {
  devices: Devices;
  inventories: Inventories;
  previews: Previews;
  originals: Originals;
  commander: Commander;
  /** The outage drill for which a device is away. */
  drillOf?: (address: DeviceAddress) => { id: string; begunAt: number | null; forMs: number } | undefined;
  clock: Clock;
}): HubServices['fleet'] {
  const { devices, inventories, previews, originals, commander } = options;

  function describe(row: DeviceRow) {
    const address: DeviceAddress = { site: row.site, device: row.device };
    return {
      ...address,
      presence: row.presence,
      since: iso(row.presenceSince),
      lastHeardAt: iso(row.lastHeardAt),
      version: row.version,
      state: stateOf(row),
      drill: drillOf(address),
      sources: inventories.ofDevice(address).map((s) => ({
        name: s.name,
        inventory: { ...inventories.amount(s), reconciled: s.reconciled },
        previewAt: s.previewAt === null ? null : iso(s.previewAt),
      })),
    };
  }

  function drillOf(address: DeviceAddress) {
    const drill = options.drillOf?.(address);
    return drill && drill.begunAt !== null ? { id: drill.id, until: iso(drill.begunAt + drill.forMs) } : null;
  }

  function sourceOf(name: SourceName): SourceRow {
    const row = inventories.find(name);
    if (!row)
      throw new VigieError('not-found', `source "${name.device}/${name.source}": the hub has never heard of it`);
    return row;
  }

  return {
    devices: () => devices.all().map(describe),
    device(site, name) {
      const row = devices.find({ site, device: name });
      return row && describe(row);
    },
    days: (name, month) => inventories.days(sourceOf(name), month),
    pictures(name, day, offset, limit) {
      const { total, entries } = inventories.ofDay(sourceOf(name), day, offset, limit);
      const device = devices.find(name);
      const zone = device && stateOf(device)?.sources.find((s) => s.name === name.source)?.zone;
      const pictures = entries.map((e) => ({
        path: e.path,
        name: e.path.slice(e.path.lastIndexOf('/') + 1),
        size: e.size,
        kind: kindOf(e.path),
        capturedAt: isoOrNull(e.capturedAt ?? stampedAt(e.path, zone ?? 'UTC') ?? e.modifiedAt),
        unreadable: e.unreadable ?? null,
      }));
      return { total, pictures };
    },
    latestPreview: async (name) => previews.latest(sourceOf(name)),
    async preview(name, path) {
      const row = sourceOf(name);
      return previews.of(row, path) ?? (await originals.preview(name, row, path));
    },
    async original(name, path) {
      const entry = inventories.entry(sourceOf(name), path);
      return entry && (await originals.read(name, entry));
    },
    async command(site, device, { name, args }, by) {
      const row = devices.find({ site, device });
      if (!row) throw new VigieError('not-found', `device "${site}/${device}": the hub has never heard of it`);
      if (row.presence === 'offline') {
        const why = drillOf({ site, device }) ? 'it is offline for its outage drill' : 'it is offline';
        throw new VigieError('conflict', `device "${device}": ${why}, so no command reaches it`);
      }
      return commander.send({ site, device }, name, args, by);
    },
  };
}
