import { createPurges } from '@vigie/agent/store/purges';
import { isFinal } from '@vigie/shared/protocol/messages';
import { hubTopic, topicOf } from '@vigie/shared/protocol/topics';
import { SOURCE } from './device.ts';
import { withPower } from './power.ts';
import type { Dice } from './scene.ts';
import type { SimDevice, Site } from './site.ts';
import { pathAt, type Truth } from './truth.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What happens in a history besides pictures: faults, and people. `meddled` tells that a person has taken something away. */
export function createDeeds(site: Site, truth: Truth, dice: Dice) {
  const { time, broker, destinations, devices, hubWire, trace, scene } = site;
  const { between, one, chance, random } = dice;
  const known = { meddled: false, ordered: 0, commands: 0 };
  const later = (fromMs: number, toMs: number, act: () => void) => time.after(between(fromMs, toMs), act);
  const offMs = () => (chance(0.2) ? between(HOUR, 2 * DAY) : between(SECOND, 2 * MINUTE));
  const downMs = (): [number, number] =>
    one([
      [SECOND, 10 * SECOND],
      [20 * SECOND, 5 * MINUTE],
      [HOUR, DAY],
    ] as [number, number][]);

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

  const deeds: [weight: number, name: string, act: (device: SimDevice) => void][] = [
    [
      8,
      'wire of the device',
      ({ wire }) => {
        site.setWire(wire, one(['down', 'silent']));
        later(...downMs(), () => site.setWire(wire, 'up'));
      },
    ],
    [
      4,
      'wire of the hub',
      () => {
        site.setWire(hubWire, one(['down', 'silent']));
        later(...downMs(), () => site.setWire(hubWire, 'up'));
      },
    ],
    [
      4,
      'broker',
      () => {
        if (!broker.isUp || scene.isBrokerEmbedded) return;
        broker.kill({ wiped: chance(0.5) });
        later(...downMs(), () => broker.start());
      },
    ],
    [
      6,
      'destination',
      () => {
        const at = one(destinations);
        if (!at.isUp) return;
        for (const device of devices) truth.checkReceipts(device);
        at.kill({ power: chance(0.6) });
        later(...downMs(), () => at.start());
      },
    ],
    [
      2,
      'full destination',
      () => {
        const at = one(destinations);
        at.isFull = true;
        later(...downMs(), () => {
          at.isFull = false;
        });
      },
    ],
    [10, 'device cut', (device) => site.cutDevice(device, chance(0.3) ? 0 : between(1, 60), { ms: offMs() })],
    [
      10,
      'hub cut',
      (device) => {
        // While there is something to tell, since a cut of a hub that hears nothing shows little.
        for (let i = between(0, 3); i > 0; i--) reject(device);
        const off = { ms: offMs() };
        if (chance(0.5)) site.cutHub(between(1, 80), off);
        else later(0, 5 * SECOND, () => site.cutHub(0, off));
      },
    ],
    [
      3,
      'clock',
      (device) => {
        const ms = one([-1, 1]) * one([2 * SECOND, 10 * MINUTE, HOUR, 3 * DAY, 30 * DAY]);
        setClock(device, ms);
        later(MINUTE, DAY, () => setClock(device, 0));
      },
    ],
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
      4,
      'tampering',
      (device) => {
        const at = one(destinations);
        const there = device.taken.filter(
          (p) => at.files.get(pathAt(device, p))?.isFlushed && !isPurged(device, p.path),
        );
        if (there.length === 0) return;
        const path = pathAt(device, one(there));
        known.meddled = true;
        truth.tampered.add(`${at.name}:${path}`);
        at.tamper(path, one(['remove', 'rot']));
        trace('tampered', path);
        compare(device, at.name, 'size');
      },
    ],
    [
      3,
      'purge',
      (device) => {
        const { agent, disk, address } = device;
        if (!agent || agent.life.isOver) return;
        withPower(() => {
          const purges = createPurges({ ledger: agent.ledger, assetsOf: () => agent.assets });
          for (const { path } of device.taken.filter(() => chance(0.2))) {
            const asset = purges.at(SOURCE, path);
            const isProved =
              asset?.standings.length === destinations.length && asset.standings.every((s) => s.state === 'verified');
            if (!asset || !isProved || destinations.some((at) => truth.isTampered(at, pathAt(device, { path }))))
              continue;
            const { size, modifiedAt, capturedAt } = asset;
            const candidate = { asset, isWhole: true, names: [`result/${path}`], size, modifiedAt, agedAt: capturedAt };
            const begun = purges.begin([candidate], { mayGo: () => scene.destinations, reason: 'simulated', at: 1 });
            disk.files.delete(`/result/${path}`);
            purges.end(
              begun.map(({ id }) => id),
              1,
            );
            trace(`${address.device} purges`, path);
          }
        });
      },
    ],
  ];
  const weights = deeds.reduce((sum, [weight]) => sum + weight, 0);

  /** Something that is no picture lies in input: an event of its own, which the hub has to tell once. */
  function reject(device: SimDevice): void {
    const { agent } = device;
    if (!agent || agent.life.isOver) return;
    const name = `bad-${truth.rejected.length + 1}.txt`;
    withPower(() => {
      agent.assets.books.rejected({ jobId: name, name, reason: 'it is no picture', kept: true });
      truth.rejected.push({ device, name });
    });
  }
  function isPurged({ agent }: SimDevice, path: string): boolean {
    return !agent || agent.life.isOver || agent.assets.find(path) === undefined;
  }
  function setClock(device: SimDevice, offsetMs: number): void {
    device.machine.set(offsetMs);
    trace(`${device.address.device} clock`, String(offsetMs));
    withPower(() => {
      if (device.agent && !device.agent.life.isOver) device.agent.clockStepped(offsetMs);
    });
  }

  return {
    known,
    setClock,
    reject,
    /** One thing happens. */
    one(): void {
      const device = one(devices);
      let left = random() * weights;
      for (const [weight, name, act] of deeds) {
        left -= weight;
        if (left > 0) continue;
        trace('deed', name);
        act(device);
        return;
      }
    },
  };
}
