import { isFinal } from '@vigie/shared/protocol/messages';
import { hubTopic, topicOf } from '@vigie/shared/protocol/topics';
import type { Deed, Known } from './deeds.ts';
import { SOURCE } from './device.ts';
import type { Dice } from './scene.ts';
import type { SimDevice, Site } from './site.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What operators order in a history, with weights. */
export function createOrders(site: Site, known: Known, dice: Dice) {
  const { time, broker, trace, scene } = site;
  const { between, one, chance } = dice;
  const later = (fromMs: number, toMs: number, act: () => void) => time.after(between(fromMs, toMs), act);

  /** An operator publishes a command; it may come late, twice, or to nobody. */
  function order(topic: string, args: object, expiresInMs = 10 * MINUTE): void {
    known.commands += 1;
    if (!broker.isUp) return;
    const id = `${scene.deeds}-${known.commands}`;
    const payload = JSON.stringify({ id, expiresAt: site.hubMachine.now() + expiresInMs, by: 'ada', args });
    trace('operator orders', `${topic} ${JSON.stringify(args).replace(/r[0-9a-f]{16}/g, 'report')}`);
    broker.publish({ topic, payload: Buffer.from(payload), retain: false, qos: 1 });
  }
  const toDevice = ({ address }: SimDevice, name: string, args: object, expiresInMs?: number) =>
    order(topicOf(address, 'command', name), args, expiresInMs);
  const toHub = (name: string, args: object) => order(hubTopic('command', name), args);

  const place = ({ address }: SimDevice) => ({ ...address, source: SOURCE });
  function compare(device: SimDevice, destination: string, proof: 'size' | 'digest'): void {
    const right = { type: 'destination', destination, ...place(device) };
    toHub('report', { left: { type: 'source', ...place(device) }, right, proof });
  }
  function selection(device: SimDevice): object {
    const some = device.taken.filter(() => chance(0.3)).map(({ path }) => path);
    const replace = chance(0.2);
    if (some.length === 0 || chance(0.5)) return { all: true, replace };
    return chance(0.5) ? { paths: some, replace } : { days: [(some[0] as string).slice(0, 8)], replace };
  }

  const deeds: Deed[] = [
    [
      4,
      'order of a picture',
      (device) => {
        const isLate = chance(0.4);
        if (!isLate) known.ordered += 1;
        toDevice(device, 'capture', { source: SOURCE }, isLate ? -DAY * 40 : undefined);
      },
    ],
    [
      3,
      'pause of deliveries',
      (device) =>
        toDevice(device, 'pause-deliveries', { destination: one(scene.destinations), forMs: between(SECOND, HOUR) }),
    ],
    [2, 'resumption', (device) => toDevice(device, 'resume-deliveries', { destination: one(scene.destinations) })],
    [2, 'retry', (device) => toDevice(device, 'retry-failed', {})],
    [
      6,
      're-sync at the device',
      (device) =>
        toDevice(device, 'resync', { source: SOURCE, destination: one(scene.destinations), ...selection(device) }),
    ],
    [
      6,
      're-sync at the hub',
      (device) => toHub('resync', { ...place(device), destination: one(scene.destinations), ...selection(device) }),
    ],
    [
      6,
      'order of a job',
      (device) => {
        const job = site
          .hub()
          ?.jobs.recent(5)
          .find(({ state }) => !isFinal(state));
        if (!job) return;
        const order = one(['pause', 'pause', 'resume', 'cancel'] as const);
        if (order === 'cancel') known.meddled = true;
        if (chance(0.5)) toHub('job', { job: job.id, order });
        else toDevice(device, 'job', { job: job.id, order });
        if (order === 'pause') later(SECOND, HOUR, () => toHub('job', { job: job.id, order: 'resume' }));
      },
    ],
    [8, 'report', (device) => compare(device, one(scene.destinations), one(['size', 'digest']))],
    [
      3,
      'report with sync',
      () => {
        const last = site.hub()?.reportStore.list(0, 1).rows[0];
        if (last) toHub('rerun', { report: last.id, sync: true });
      },
    ],
    [
      5,
      'outage drill',
      (device) => {
        const isWatched = chance(0.6);
        const forMs = isWatched ? between(10 * SECOND, 40 * SECOND) : between(10 * SECOND, 4 * MINUTE);
        if (chance(0.7)) toHub('drill', { ...device.address, forMs });
        else toDevice(device, 'drill', { forMs });
        // Time passes as it does, so that it can come to its end.
        if (isWatched) known.watchMs = forMs + 90 * SECOND;
      },
    ],
  ];
  return { deeds, compare };
}
