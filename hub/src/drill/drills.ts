import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Message } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Commander } from '../fleet/commander.ts';
import type { Side } from '../http/schema.ts';
import type { Activities } from '../store/activities.ts';
import { type Devices, stateOf } from '../store/devices.ts';
import { type DrillRow, type DrillStore, figuresOf } from '../store/drills.ts';
import { type DrillFacts, nextStep } from './course.ts';
import type { DrillConfig } from './drill-config.ts';
import { verdictOf } from './verdict.ts';

type DrillEvent = Extract<Message<'event'>, { type: 'drill-begun' | 'drill-ended' }>;

/** Orders outage drills and follows them to their sheets. */
export type Drills = {
  /** Throws `not-found` for a device that is unknown, `conflict` where it is offline or has a drill under way. */
  start(order: DeviceAddress & { forMs: number }, by: string): DrillRow;
  /** What a device tells of a drill; one that an operator ordered of the device itself is followed from then on. */
  told(address: DeviceAddress, event: DrillEvent): void;
  /** Looks at every drill that has not ended. */
  look(): void;
  /** The drill for which a device is away now, or will be in a moment. */
  away(address: DeviceAddress): DrillRow | undefined;
  /** Has the device a drill that has not ended? */
  underWay(address: DeviceAddress): boolean;
};

/** How long one attempt to order it may take. */
const ORDER_LIMIT_MS = 20_000;
/** The link, and not the device, has refused the order. */
const NOT_SENT = new Set(['link-down', 'link-busy', 'expired', 'internal']);

export function createDrills(options: {
  drills: DrillStore;
  devices: Devices;
  activities: Activities;
  commander: Pick<Commander, 'send'>;
  listable: ReadonlySet<string>;
  /** Compare these sides now, and with `sync` have what can be mended sent again. */
  report: (left: Side, right: Side, sync: boolean) => void;
  /** The device is back, and nobody had noticed that it was away. */
  unnoticed: (address: DeviceAddress) => void;
  /** May a person order what mends a report? */
  personMayMend: boolean;
  limits: DrillConfig;
  changed: (id: string) => void;
  clock: Clock;
  log: Log;
}): Drills {
  const { drills, devices, activities, listable, limits, clock, log } = options;
  const ordering = new Set<string>();

  function change(row: DrillRow, values: Partial<DrillRow>): DrillRow {
    const changed = drills.change(row.id, values);
    options.changed(row.id);
    return changed;
  }

  function order(row: DrillRow): void {
    if (ordering.has(row.id)) return;
    ordering.add(row.id);
    const { id, site, device, forMs, by } = row;
    options.commander
      .send({ site, device }, 'drill', { forMs, drill: id }, by, ORDER_LIMIT_MS)
      .then(({ status, error }) => {
        if (drills.find(id)?.state !== 'ordered') return;
        if (status === 'ok') change(row, { state: 'begun', begunAt: clock.now() });
        else if (status === 'error' && error && !NOT_SENT.has(error.code)) {
          change(row, { state: 'refused', endedAt: clock.now(), reasons: JSON.stringify([error.message]) });
          activities.add('drill', `outage drill refused by ${device}: ${error.message}`, row);
        }
      })
      .catch((error: unknown) => log.error({ drill: id, error: messageOf(error) }, 'a drill could not be ordered'))
      .finally(() => ordering.delete(id));
  }

  function factsOf(drill: DrillRow): DrillFacts | undefined {
    const row = devices.find(drill);
    if (!row) return undefined;
    const { site, device } = drill;
    const state = stateOf(row);
    const back = drill.returnedAt ?? Number.POSITIVE_INFINITY;
    const destinations = (state?.sources ?? []).flatMap((s) => s.destinations.map((d) => ({ ...d, source: s.name })));
    return {
      drill,
      told: figuresOf(drill),
      presence: row.presence,
      presenceSince: row.presenceSince,
      hasTold: row.stateAt !== null && row.stateAt >= back,
      outageIsOpen: row.outageSince !== null,
      backlog: destinations.reduce((sum, d) => sum + d.backlog.count, 0),
      faults: [
        ...new Map(destinations.flatMap((d) => (d.error ? [[d.name, `${d.name}: ${d.error.message}`]] : []))).values(),
      ],
      pairs: destinations
        .filter((d) => listable.has(d.name))
        .map(({ source, name: destination }) => {
          const [left, right] = sidesOf({ site, device }, source, destination).map((side) => JSON.stringify(side));
          return { source, destination, report: drills.reportSince(left as string, right as string, back) };
        }),
      personMayMend: options.personMayMend,
      limits,
      now: clock.now(),
    };
  }

  function end(facts: DrillFacts, greenAt: number | null): void {
    const { drill, pairs, now } = facts;
    const { passed, reasons, missing } = verdictOf(facts, greenAt);
    const reports = pairs.flatMap(({ report }) => report?.id ?? []);
    change(drill, {
      ...{ state: passed ? 'passed' : 'failed', endedAt: now, greenAt },
      missing: drill.returnedAt === null ? null : missing,
      reasons: JSON.stringify(reasons),
      reports: JSON.stringify(reports),
    });
    const words = passed ? 'passed' : `failed: ${reasons.join(' ')}`;
    activities.add(passed ? 'drill-passed' : 'drill-failed', `outage drill of ${drill.device} ${words}`, drill);
  }

  function lookAt(drill: DrillRow): void {
    const facts = factsOf(drill);
    if (!facts) return;
    const lowest = Math.min(drill.lowest ?? Number.POSITIVE_INFINITY, facts.backlog);
    if (drill.state === 'back' && facts.hasTold && lowest !== drill.lowest) drills.change(drill.id, { lowest });
    const step = nextStep(facts);
    switch (step.do) {
      case 'wait':
        return;
      case 'order':
        order(drill);
        return;
      case 'note':
        if (step.values.returnedAt !== undefined && drill.vanishedAt === null) options.unnoticed(drill);
        change(drill, step.values);
        return;
      case 'compare':
        for (const { source, destination } of step.pairs) {
          const [left, right] = sidesOf(drill, source, destination);
          options.report(left, right, !options.personMayMend);
        }
        return;
      case 'end':
        end(facts, step.greenAt);
    }
  }

  return {
    start({ site, device, forMs }, by) {
      const row = devices.find({ site, device });
      const action = `outage drill of "${site}/${device}"`;
      if (!row) throw new VigieError('not-found', `${action}: the hub has never heard of it`);
      if (row.presence === 'offline') throw new VigieError('conflict', `${action}: it is offline; it should be online`);
      const open = drills.openOf({ site, device });
      if (open) throw new VigieError('conflict', `${action}: "${open.id}" is under way; one at a time is allowed`);
      const created = drills.create({ site, device, by, forMs, atDevice: false, state: 'ordered' });
      activities.add('drill', `outage drill of ${device} for ${Math.round(forMs / 1000)} s ordered by ${by}`, created);
      options.changed(created.id);
      return created;
    },
    told(address, event) {
      const { site, device } = address;
      const known = drills.find(event.drill);
      if (known && (known.site !== site || known.device !== device)) return;
      if (event.type === 'drill-begun') {
        const begunAt = clock.now();
        if (known?.state === 'ordered') change(known, { state: 'begun', begunAt });
        if (known || drills.openOf(address)) return;
        const { drill: id, by, forMs } = event;
        const created = drills.create({ id, site, device, by, forMs, atDevice: true, state: 'begun' });
        change(created, { begunAt });
        activities.add('drill', `outage drill of ${device} ordered by ${by} at the device itself`, address);
        return;
      }
      if (!known || known.endedAt !== null) return;
      const { seq: _s, generation: _g, at: _a, historical: _h, type: _t, drill: _d, ...figures } = event;
      change(known, { told: JSON.stringify(figures) });
    },
    look() {
      for (const drill of drills.open()) lookAt(drill);
    },
    away(address) {
      const open = drills.openOf(address);
      return open && (open.state === 'begun' || open.state === 'away') ? open : undefined;
    },
    underWay: (address) => drills.openOf(address) !== undefined,
  };
}

const sidesOf = ({ site, device }: DeviceAddress, source: string, destination: string): [left: Side, right: Side] => [
  { type: 'source', site, device, source },
  { type: 'destination', destination, site, device, source },
];
