import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Side } from '../http/schema.ts';
import type { Activities } from '../store/activities.ts';
import { type DeviceRow, type Devices, stateOf } from '../store/devices.ts';
import type { Inventories } from '../store/inventories.ts';
import { afterOutage } from './after-outage.ts';

/** Notices outages and sees to it that a report, and by policy a re-sync, follows each of them. */
export type OutageWatch = {
  /** Something is down now that may make assets miss: the device or its destination. */
  down(address: DeviceAddress): void;
  /** The hub's own link is there: what was heard before says nothing about now. */
  linkUp(): void;
  /** The hub's own link is gone, and with it all word of any device. */
  linkDown(): void;
  /** Looks at every device that an outage has hit. */
  look(): void;
};

const STUCK_AFTER_MS = 600_000;

export function createOutageWatch(options: {
  devices: Devices;
  inventories: Inventories;
  activities: Activities;
  listable: ReadonlySet<string>;
  policy: 'automatic' | 'ask' | 'never';
  outageAfterMs: number;
  /** Is it the outage of a drill? It is followed by a report however short it was, and whatever the policy. */
  isDrill?: (address: DeviceAddress) => boolean;
  report: (left: Side, right: Side, sync: boolean) => void;
  clock: Clock;
  log: Log;
}): OutageWatch {
  const { devices, inventories, activities, policy, clock, log } = options;
  /** Until the hub's own link is there, nothing that is known of a device is of the present. */
  let linkUpAt = Number.POSITIVE_INFINITY;
  const backlogs = new Map<string, { count: number; since: number }>();

  /** How long the backlog has not shrunk. */
  function unmovedMs(row: DeviceRow, count: number): number {
    const key = `${row.site}/${row.device}`;
    const seen = backlogs.get(key);
    if (!seen || count < seen.count) backlogs.set(key, { count, since: clock.monotonic() });
    return seen && count >= seen.count ? clock.monotonic() - seen.since : 0;
  }

  function lookAt(row: DeviceRow): void {
    const state = stateOf(row);
    const since = row.outageSince as number;
    const troubled = state?.sources.some((s) => s.destinations.some((d) => d.error !== null));
    if (row.presence !== 'online' || troubled) return;
    // The state has to be newer than the outage's end, or it tells of a backlog that is not the present one.
    if (!state || row.stateAt === null || row.stateAt < Math.max(row.presenceSince, linkUpAt)) return;
    const isDrill = options.isDrill?.(row) ?? false;
    if (!isDrill && clock.now() - since < options.outageAfterMs) {
      devices.outage(row, null);
      return;
    }
    const sources = inventories.ofDevice(row);
    const backlog = state.sources.reduce((sum, s) => sum + s.destinations.reduce((n, d) => n + d.backlog.count, 0), 0);
    const next = afterOutage({
      presence: row.presence,
      state,
      reconciled: new Set(sources.filter((s) => s.reconciled).map((s) => s.name)),
      listable: options.listable,
      unmovedMs: unmovedMs(row, backlog),
      stuckAfterMs: STUCK_AFTER_MS,
    });
    if (next.do === 'wait') {
      log.debug({ device: row.device, because: next.because }, 'the report after the outage waits');
      return;
    }
    devices.outage(row, null);
    backlogs.delete(`${row.site}/${row.device}`);
    if (next.do === 'close' || (policy === 'never' && !isDrill)) return;
    const { site, device } = row;
    for (const { source, destination } of next.pairs) {
      const left: Side = { type: 'source', site, device, source };
      const right: Side = { type: 'destination', destination, site, device, source };
      options.report(left, right, policy === 'automatic');
    }
    activities.add('outage', `outage since ${new Date(since).toISOString()} is over: comparing both ends`, row);
  }

  return {
    down: (address) => devices.outage(address, clock.now()),
    linkUp() {
      linkUpAt = clock.now();
    },
    linkDown() {
      linkUpAt = Number.POSITIVE_INFINITY;
      for (const row of devices.all()) devices.outage(row, clock.now());
    },
    look() {
      for (const row of devices.withOutage()) lookAt(row);
    },
  };
}
