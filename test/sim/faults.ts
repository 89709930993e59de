import { topicOf } from '@vigie/shared/protocol/topics';
import type { Deed } from './deeds.ts';
import { withPower } from './power.ts';
import type { Dice } from './scene.ts';
import type { SimDevice, Site } from './site.ts';
import type { Truth } from './truth.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Above what a hub hears of one device at once, where its allowance is small. */
const FLOOD = 120;

/** Faults of a history, with their weights. */
export function createFaults(site: Site, truth: Truth, dice: Dice) {
  const { time, broker, destinations, devices, hubWire, trace, scene } = site;
  const { between, one, chance } = dice;
  const later = (fromMs: number, toMs: number, act: () => void) => time.after(between(fromMs, toMs), act);
  const offMs = () => (chance(0.2) ? between(HOUR, 2 * DAY) : between(SECOND, 2 * MINUTE));
  const downMs = (): [number, number] =>
    one([
      [SECOND, 10 * SECOND],
      [20 * SECOND, 5 * MINUTE],
      [HOUR, DAY],
    ] as [number, number][]);

  const deeds: Deed[] = [
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
      'ledger lost',
      (device) => {
        device.isLedgerLost = true;
        site.cutDevice(device, 0, { ms: offMs() });
      },
    ],
    [
      6,
      'hub restored',
      () => {
        // What becomes known between the copy and the break is lost with the disk.
        if (chance(0.7)) site.backUpHub();
        later(0, one([SECOND, MINUTE, DAY]), () => site.restoreHub({ ms: offMs() }));
      },
    ],
    [
      2,
      'flood',
      ({ address }) => {
        const payload = Buffer.from('what no hub can read');
        for (let i = 0; i < FLOOD && broker.isUp; i++) {
          broker.publish({ topic: topicOf(address, 'thumbnail', 'flood'), payload, retain: false, qos: 1 });
        }
      },
    ],
  ];

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
  function setClock(device: SimDevice, offsetMs: number): void {
    device.machine.set(offsetMs);
    device.disk.meter.disturbances += 1;
    trace(`${device.address.device} clock`, String(offsetMs));
    withPower(() => {
      if (device.agent && !device.agent.life.isOver) device.agent.clockStepped(offsetMs);
    });
  }

  return { deeds, reject, setClock };
}
