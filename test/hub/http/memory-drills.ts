import type { LiveEvent } from '@vigie/hub/http/schema';
import type { HubServices } from '@vigie/hub/http/services';
import { VigieError } from '@vigie/shared/kit/errors';
import type { FleetData } from './memory-fleet.ts';

type Drill = ReturnType<HubServices['drills']['start']>;
type Options = { fleet: FleetData; now: () => number; past: boolean; tell: (event: LiveEvent) => void };

/** Outage drills of the fleet in memory: they begin and never end; with `past` two that have ended, one well and one not. */
export function createMemoryDrills({ fleet, now, past, tell }: Options): HubServices['drills'] {
  const drills: Drill[] = past ? pastDrills(now()) : [];
  return {
    start({ site, device, forMs }, by) {
      const known = fleet.devices.find((d) => d.site === site && d.device === device);
      if (!known)
        throw new VigieError('not-found', `outage drill of "${site}/${device}": the hub has never heard of it`);
      if (known.presence === 'offline') throw new VigieError('conflict', `outage drill of "${device}": it is offline`);
      const at = now();
      const until = new Date(at + forMs).toISOString();
      const orderedAt = new Date(at).toISOString();
      const drill = {
        ...{ ...EMPTY, id: `drill-${drills.length + 1}`, site, device, by, forMs, state: 'away' as const },
        ...{ orderedAt, begunAt: orderedAt, until, vanishedAt: orderedAt },
      };
      drills.unshift(drill);
      Object.assign(known, { presence: 'offline', since: orderedAt, drill: { id: drill.id, until } });
      tell({ topic: 'drills', key: drill.id });
      tell({ topic: 'fleet', key: `${site}/${device}` });
      return drill;
    },
    list({ site, device }, limit) {
      const chosen = drills.filter((d) => (site ?? d.site) === d.site && (device ?? d.device) === d.device);
      return { total: chosen.length, drills: chosen.slice(0, limit) };
    },
    get: (id) => drills.find((d) => d.id === id),
  };
}

const EMPTY = {
  ...{ by: 'operator@example.org', atDevice: false, begunAt: null, until: null, vanishedAt: null, returnedAt: null },
  ...{ drainedAt: null, greenAt: null, endedAt: null, offlineMs: null, slots: null, captured: null, queued: null },
  ...{ delivered: null, missing: null, greenAfterMs: null, reports: [], reasons: [] },
};

function pastDrills(now: number): Drill[] {
  const at = (msAgo: number) => new Date(now - msAgo).toISOString();
  const begun = 26 * 3_600_000;
  const passed: Drill = {
    ...{ ...EMPTY, id: 'drill-passed', site: 'alps', device: 'summit-1', forMs: 3_600_000, state: 'passed' },
    ...{
      orderedAt: at(begun),
      begunAt: at(begun - 1_000),
      until: at(begun - 3_601_000),
      vanishedAt: at(begun - 2_000),
    },
    ...{ returnedAt: at(begun - 3_603_000), drainedAt: at(begun - 3_650_000), greenAt: at(begun - 3_675_000) },
    ...{ endedAt: at(begun - 3_676_000), offlineMs: 3_600_120, slots: { expected: 6, taken: 6, failed: 0, off: 0 } },
    ...{ captured: { count: 8, bytes: 61_400_000 }, queued: { count: 16, bytes: 122_800_000 }, delivered: 16 },
    ...{ missing: 0, greenAfterMs: 72_000 },
  };
  const failed: Drill = {
    ...{
      ...EMPTY,
      id: 'drill-failed',
      site: 'alps',
      device: 'summit-1',
      forMs: 21_600_000,
      state: 'failed',
      atDevice: true,
    },
    ...{ by: 'operator ada', orderedAt: at(9 * begun), begunAt: at(9 * begun), until: at(9 * begun - 21_600_000) },
    ...{
      vanishedAt: at(9 * begun - 1_000),
      returnedAt: at(9 * begun - 21_604_000),
      endedAt: at(9 * begun - 25_300_000),
    },
    ...{ offlineMs: 21_600_090, slots: { expected: 36, taken: 33, failed: 3, off: 0 }, missing: 0 },
    ...{ captured: { count: 41, bytes: 318_000_000 }, queued: { count: 82, bytes: 636_000_000 }, delivered: 41 },
    reasons: [
      '3 of 36 slots have no picture: 3 failed.',
      'It was not green within 1 h of its return.',
      '41 deliveries still wait.',
      'usb-disk: root folder "/mnt/usb-disk/pictures" is not there',
    ],
  };
  return [passed, failed];
}
