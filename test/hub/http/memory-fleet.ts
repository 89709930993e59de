import type { HubServices } from '@vigie/hub/http/services';
import { stamp } from '@vigie/shared/kit/zone';

type Device = ReturnType<HubServices['fleet']['devices']>[number];
export type Held = { path: string; size: number; capturedAt: number; unreadable: string | null };
export type SourceData = {
  site: string;
  device: string;
  source: string;
  seed: number;
  /** What the source holds, by path. */
  held: Map<string, Held>;
  /** What each destination has of it. */
  stored: Map<string, Map<string, Held>>;
};
export type FleetData = { devices: Device[]; sources: SourceData[] };

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
export const DESTINATIONS = [
  { name: 'archive', type: 'sftp' as const, address: 'sftp://vigie@archive.example.org:22/pictures' },
  { name: 'usb-disk', type: 'directory' as const, address: '/mnt/usb-disk/pictures' },
];

type Presence = 'online' | 'late' | 'offline';
type Plan = {
  site: string;
  device: string;
  presence: Presence;
  sources: { name: string; raw: boolean; every: number }[];
};
const PLANS: Plan[] = [
  {
    site: 'alps',
    device: 'summit-1',
    presence: 'online',
    sources: [
      { name: 'north-face', raw: true, every: 30 },
      { name: 'valley', raw: false, every: 15 },
    ],
  },
  { site: 'alps', device: 'hut-2', presence: 'late', sources: [{ name: 'glacier', raw: false, every: 30 }] },
  { site: 'coast', device: 'harbour-1', presence: 'online', sources: [{ name: 'quay', raw: false, every: 10 }] },
  { site: 'coast', device: 'lighthouse', presence: 'offline', sources: [{ name: 'horizon', raw: true, every: 60 }] },
  { site: 'city', device: 'tower-1', presence: 'online', sources: [{ name: 'site-east', raw: false, every: 30 }] },
];

/** A fleet as it looks in the field: most of it well, one device late, one offline, differences at the destinations. */
export function makeFleet(now: number, days: number): FleetData {
  const sources: SourceData[] = [];
  const devices = PLANS.map((plan, p) => {
    const silentMs = { online: 8_000, late: 4 * MINUTE_MS, offline: 2 * DAY_MS + 5 * 3_600_000 }[plan.presence];
    const heard = now - silentMs;
    const own = plan.sources.map((source, s) => makeSource(plan, source, p * 10 + s + 1, heard, days));
    sources.push(...own);
    return deviceOf(plan, own, now, heard);
  });
  return { devices, sources };
}

function makeSource(
  plan: Plan,
  { name, raw, every }: Plan['sources'][number],
  seed: number,
  until: number,
  days: number,
): SourceData {
  const held = new Map<string, Held>();
  const everyMs = every * MINUTE_MS;
  const first = Math.ceil((until - days * DAY_MS) / everyMs) * everyMs;
  for (let at = first, n = 0; at <= until; at += everyMs, n++) {
    const name = stamp(at, 'UTC');
    const add = (extension: string, size: number) => {
      const path = `${name.slice(0, 8)}/${name}.${extension}`;
      const unreadable = n % 217 === 200 ? 'the JPEG ends in the middle: 41 % of its rows are there' : null;
      held.set(path, { path, size, capturedAt: at, unreadable: extension === 'jpg' ? unreadable : null });
    };
    add('jpg', 2_400_000 + ((n * 7919 * seed) % 900_000));
    if (raw) add('cr3', 21_000_000 + ((n * 104_729 * seed) % 4_000_000));
  }
  const stored = new Map(
    DESTINATIONS.map((destination, d) => {
      const entries = [...held.values()];
      const copy = new Map<string, Held>();
      entries.forEach((entry, i) => {
        const lost = i % 181 === 90 + d || (plan.presence !== 'online' && i > entries.length - 12);
        if (lost) return;
        copy.set(entry.path, i % 331 === 120 ? { ...entry, size: Math.floor(entry.size / 3) } : entry);
      });
      const day = entries[0]?.path.slice(0, 8) ?? '20260101';
      for (const extra of ['notes.txt', 'copy of 1.jpg', 'IMG_0417.JPG']) {
        copy.set(`${day}/${extra}`, { path: `${day}/${extra}`, size: 1234, capturedAt: until, unreadable: null });
      }
      return [destination.name, copy] as const;
    }),
  );
  return { site: plan.site, device: plan.device, source: name, seed, held, stored };
}

export const amountOf = (entries: Iterable<{ size: number }>) => {
  const amount = { count: 0, bytes: 0 };
  for (const { size } of entries) {
    amount.count += 1;
    amount.bytes += size;
  }
  return amount;
};

/** A device with raw pictures has a housing with a heater, and a folder that something else fills. */
function surroundingsOf({ sources, presence }: Plan, heard: number): Partial<NonNullable<Device['state']>> {
  const [first] = sources;
  if (!first || !sources.some(({ raw }) => raw)) return {};
  const cold = { name: 'housing', quantity: 'temperature', unit: '°C', value: -3.5, at: heard - 20_000, error: null };
  return {
    sensors: [cold, { ...cold, name: 'air', quantity: 'humidity', unit: '%', value: 81.2 }],
    power: {
      flags: presence === 'online' ? [] : ['under-voltage-now', 'throttled-since-boot'],
      relays: [{ name: 'camera', sources: [first.name], powered: true }],
      heaters: [{ name: 'glass', on: true, because: 'cold' }],
      inputs: [{ name: 'button', source: first.name, lastAt: heard - 7_200_000 }],
      faults: [],
    },
    endpoints: [
      {
        ...{ name: 'drone-flights', state: 'running' as const, waiting: 2, staged: 1, failures: 0 },
        ...{ lastScanAt: heard - 1_000, error: null },
      },
    ],
  };
}

function deviceOf(plan: Plan, sources: SourceData[], now: number, heard: number): Device {
  const iso = (at: number) => new Date(at).toISOString();
  const broken = plan.presence === 'late';
  return {
    site: plan.site,
    device: plan.device,
    presence: plan.presence,
    since: iso(plan.presence === 'online' ? now - 3 * DAY_MS : heard),
    lastHeardAt: iso(heard),
    version: '0.1.0',
    state: {
      at: heard,
      session: 14,
      version: '0.1.0',
      uptimeS: 262_144,
      residentBytes: 84_000_000,
      disk: { freeBytes: broken ? 3.1e9 : 41e9, totalBytes: 62e9 },
      clockTrusted: true,
      outbox: plan.presence === 'online' ? 0 : 37,
      ...surroundingsOf(plan, heard),
      sources: plan.sources.map(({ name, raw, every }, s) => {
        const source = sources[s] as SourceData;
        const held = amountOf(source.held.values());
        const backlog = plan.presence === 'online' ? (s === 1 ? 3 : 0) : 42;
        return {
          name,
          camera: raw ? 'Canon EOS R6 (gphoto2)' : 'Raspberry Pi Camera 3',
          zone: 'UTC',
          capturing: s === 1,
          ...(name === 'site-east'
            ? { everyMs: null, schedule: `every ${every} min, 06:00–20:00, Mon–Sat; every 2 h, sunset +1 h to sunrise` }
            : { everyMs: every * MINUTE_MS }),
          cron: null,
          lastCaptureAt: Math.max(...[...source.held.values()].map((entry) => entry.capturedAt)),
          nextCaptureAt: heard + every * MINUTE_MS,
          lastFailure: broken
            ? {
                at: heard - 900_000,
                code: 'camera-timeout',
                message: 'capture "glacier": the camera did not answer in 30 s',
              }
            : null,
          waiting: s === 1 ? 2 : 0,
          failures: broken ? 4 : 0,
          generation: 'g1',
          seq: held.count,
          held,
          storage: 'present' as const,
          destinations: DESTINATIONS.map((destination, d) => ({
            name: destination.name,
            state:
              backlog === 0 ? ('idle' as const) : broken && d === 0 ? ('stopped' as const) : ('delivering' as const),
            backlog: { count: backlog, bytes: backlog * 2_600_000 },
            oldestAt: backlog === 0 ? null : heard - backlog * every * MINUTE_MS,
            verified: { count: held.count - backlog, bytes: held.bytes - backlog * 2_600_000 },
            lastDeliveryAt: heard - 60_000,
            error:
              broken && d === 0
                ? {
                    code: 'host-key',
                    message: 'connect "archive.example.org:22": its key is not the one in known_hosts',
                    hint: 'If the server was set up anew, put its new key into the known_hosts file.',
                  }
                : null,
          })),
        };
      }),
    },
    drill: null,
    sources: sources.map((source) => {
      const last = Math.max(...[...source.held.values()].map((entry) => entry.capturedAt));
      return {
        name: source.source,
        inventory: { ...amountOf(source.held.values()), reconciled: plan.presence === 'online' },
        previewAt: iso(last),
      };
    }),
  };
}
