import { hubConfig } from '@vigie/hub/config';
import type { LiveEvent } from '@vigie/hub/http/schema';
import type { HubServices, SourceAddress } from '@vigie/hub/http/services';
import { schedulesDocument } from '@vigie/hub/report/schedules-document';
import { VigieError } from '@vigie/shared/kit/errors';
import { kindOf } from '@vigie/shared/protocol/asset';
import { drawScene } from './draw-scene.ts';
import { createMemoryDrills } from './memory-drills.ts';
import { DESTINATIONS, makeFleet, type SourceData } from './memory-fleet.ts';
import { createMemoryReports } from './memory-reports.ts';

const CONFIG = hubConfig.parse({
  dataFolder: '/nowhere',
  broker: { type: 'embedded', accountsFile: '/nowhere/accounts' },
  reports: { schedule: [{ cron: '30 5 * * *', zone: 'Europe/Paris' }] },
});

export type MemoryHub = HubServices & {
  tell(event: LiveEvent): void;
  /** Listeners of the live stream. */
  listeners(): number;
  /** A new picture of each online source, as a camera takes it. */
  capture(): void;
};

/** The whole hub in memory: a fleet with `days` days of pictures, reports that compare them, re-syncs that mend. */
export function createMemoryHub({
  now,
  days = 20,
  stepMs = 0,
  past = false,
}: {
  now: () => number;
  days?: number;
  stepMs?: number;
  /** With the reports of the last nights. */
  past?: boolean;
}): MemoryHub {
  const fleet = makeFleet(now(), days);
  const listeners = new Set<(event: LiveEvent) => void>();
  const tell = (event: LiveEvent) => {
    for (const listener of listeners) listener(event);
  };
  const reports = createMemoryReports({ fleet, now, stepMs, tell });
  if (past) {
    const valley = { site: 'alps', device: 'summit-1', source: 'valley' };
    const sides = [
      { type: 'source', ...valley } as const,
      { type: 'destination', destination: 'archive', ...valley } as const,
    ] as const;
    for (const nights of [3, 2, 1]) reports.past(...sides, nights * 86_400_000, nights);
  }
  const log = firstActivity(now());
  const drawn = new Map<string, Promise<Buffer>>();

  const sourceOf = ({ site, device, source }: SourceAddress): SourceData | undefined =>
    fleet.sources.find((s) => s.site === site && s.device === device && s.source === source);
  const draw = async (address: SourceAddress, path: string, width: number): Promise<Buffer | undefined> => {
    const source = sourceOf(address);
    const entry = source?.held.get(path);
    if (!source || !entry || kindOf(path) !== 'jpg') return undefined;
    const key = `${width} ${source.seed} ${path}`;
    const at = new Date(entry.capturedAt);
    const picture = drawn.get(key) ?? drawScene(source.seed, at.getUTCHours() + at.getUTCMinutes() / 60, width);
    drawn.set(key, picture);
    if (drawn.size > 500) drawn.delete(drawn.keys().next().value as string);
    return picture;
  };
  const newestJpeg = (source: SourceData) =>
    [...source.held.keys()].filter((path) => kindOf(path) === 'jpg').at(-1) ?? '';

  return {
    version: '0.1.0',
    fleet: {
      devices: () => fleet.devices,
      device: (site, name) => fleet.devices.find((d) => d.site === site && d.device === name),
      days(address, month = '') {
        const found = new Map<string, { day: string; count: number; bytes: number }>();
        for (const { path, size } of sourceOf(address)?.held.values() ?? []) {
          const day = path.slice(0, 8);
          if (!day.startsWith(month)) continue;
          const sum = found.get(day) ?? { day, count: 0, bytes: 0 };
          found.set(day, { day, count: sum.count + 1, bytes: sum.bytes + size });
        }
        return [...found.values()];
      },
      pictures(address, day, offset, limit) {
        const all = [...(sourceOf(address)?.held.values() ?? [])].filter(({ path }) => path.startsWith(`${day}/`));
        const pictures = all.slice(offset, offset + limit).map((entry) => ({
          path: entry.path,
          name: entry.path.slice(9),
          size: entry.size,
          kind: kindOf(entry.path),
          capturedAt: new Date(entry.capturedAt).toISOString(),
          unreadable: entry.unreadable,
        }));
        return { total: all.length, pictures };
      },
      async latestPreview(address) {
        const source = sourceOf(address);
        return source && draw(address, newestJpeg(source), 320);
      },
      preview: (address, path) => draw(address, path, 320),
      original: (address, path) => draw(address, path, 1600),
      async command(site, name, { name: command, args }, by) {
        const device = fleet.devices.find((d) => d.site === site && d.device === name);
        if (command === 'pause-deliveries' || command === 'resume-deliveries') {
          pause(device, args, command === 'resume-deliveries' ? null : { at: now(), by: `operator ${by}` });
          tell({ topic: 'fleet', key: `${site}/${name}` });
        }
        const id = `command-${log.length + 1}`;
        log.unshift({
          id: log.length + 1,
          at: new Date(now()).toISOString(),
          site,
          device: name,
          type: 'command',
          message: `${by} sent ${command}`,
        });
        tell({ topic: 'activity', key: String(log.length) });
        return device?.presence === 'online'
          ? { id, status: 'ok', data: { done: command } }
          : { id, status: 'timeout' };
      },
    },
    destinations: () => DESTINATIONS,
    ...reports.services,
    drills: createMemoryDrills({ fleet, now, past, tell }),
    certificates: {
      list: async () => ({ total: 0, publicKey: '', certificates: [], damaged: [] }),
      read: async (_, day) => {
        throw new VigieError('not-found', `certificate of ${day}: there is none`);
      },
      remarks: async (_, day) => {
        throw new VigieError('not-found', `certificate of ${day}: there is none`);
      },
    },
    schedules: () => schedulesDocument(CONFIG, now()),
    activity: (limit) => log.slice(0, limit),
    live(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: () => ({ ready: true, checks: { database: true, broker: true } }),
    metrics: () => `# TYPE vigie_devices gauge\nvigie_devices ${fleet.devices.length}\n`,
    tell,
    listeners: () => listeners.size,
    capture() {
      for (const device of fleet.devices.filter((d) => d.presence === 'online')) {
        const at = now();
        device.lastHeardAt = new Date(at).toISOString();
        for (const known of device.sources) {
          const source = sourceOf({ site: device.site, device: device.device, source: known.name }) as SourceData;
          const name = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
          const path = `${name.slice(0, 8)}/${name}.jpg`;
          const entry = { path, size: 2_600_000, capturedAt: at, unreadable: null };
          source.held.set(path, entry);
          for (const stored of source.stored.values()) stored.set(path, entry);
          known.inventory = {
            ...known.inventory,
            count: known.inventory.count + 1,
            bytes: known.inventory.bytes + entry.size,
          };
          known.previewAt = device.lastHeardAt;
          tell({ topic: 'pictures', key: `${device.site}/${device.device}/${known.name}` });
        }
        tell({ topic: 'fleet', key: `${device.site}/${device.device}` });
      }
    },
  };
}

function firstActivity(now: number): ReturnType<HubServices['activity']> {
  const lines: [number, string | null, string | null, string, string][] = [
    [20_000, 'alps', 'summit-1', 'captured', 'north-face took a picture of 2.6 MB'],
    [55_000, 'coast', 'harbour-1', 'delivered', 'quay delivered 6 pictures to archive'],
    [240_000, 'alps', 'hut-2', 'late', 'hut-2 is overdue by 2 minutes'],
    [900_000, 'alps', 'hut-2', 'capture-failed', 'glacier: the camera did not answer in 30 s'],
    [1_500_000, null, null, 'report', 'The report of summit-1/valley and archive is complete: 3 missing'],
    [3_600_000, 'city', 'tower-1', 'outage', 'tower-1 is back after 17 minutes; 34 pictures follow'],
    [190_000_000, 'coast', 'lighthouse', 'offline', 'lighthouse is offline: its last will came'],
  ];
  return lines.map(([ago, site, device, type, message], i) => ({
    id: lines.length - i,
    at: new Date(now - ago).toISOString(),
    site,
    device,
    type,
    message,
  }));
}

type Args = Parameters<HubServices['fleet']['command']>[2]['args'];

/** What a device makes of a command to pause deliveries, or to resume them. */
function pause(
  device: ReturnType<HubServices['fleet']['device']>,
  { destination, forMs }: Args,
  begun: { at: number; by: string } | null,
): void {
  for (const told of device?.state?.sources.flatMap((s) => s.destinations) ?? []) {
    if (told.name !== destination) continue;
    delete told.paused;
    Object.assign(told, { error: null, state: 'idle' });
    if (!begun) continue;
    told.paused = { ...begun, until: typeof forMs === 'number' ? begun.at + forMs : null };
    Object.assign(told, {
      error: { code: 'paused', message: `deliveries to "${told.name}" are paused` },
      state: 'stopped',
    });
  }
}
