import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportRow } from '@vigie/hub/store/reports';
import { parseTopic, UPWARD } from '@vigie/shared/protocol/topics';
import { createSimBroker } from './broker.ts';
import { type SimHub, startSimHub } from './central.ts';
import { createSimDestination } from './destination.ts';
import { type Address, type DeviceDisk, type SimAgent, startAgent } from './device.ts';
import { type Picture, pictureOf } from './picture.ts';
import { withPower } from './power.ts';
import type { Scene } from './scene.ts';
import { createSimTime, type Machine } from './time.ts';
import { createTrace } from './trace.ts';
import { createLinks, newWire, type Wire } from './wire.ts';

/** A bug that is put in on purpose: a simulator that finds none proves nothing. */
export const BUGS = ['acknowledge-early', 'receipt-early', 'listing-remembered'] as const;
export type Bug = (typeof BUGS)[number];

/** A device with all that outlasts its program. `agent` is undefined while it is off. */
export type SimDevice = {
  address: Address;
  machine: Machine;
  wire: Wire;
  disk: DeviceDisk;
  taken: Picture[];
  agent: SimAgent | undefined;
};

/** Everything that a history is about: machines, wires, broker, destinations. */
export type Site = ReturnType<typeof createSite>;

/** How long a program that was cut stays off. */
type Off = { ms: number };

export function createSite(options: {
  scene: Scene;
  random: () => number;
  folder: string;
  bug: Bug | undefined;
  reportChanged: (row: ReportRow) => void;
  fault: (message: string) => void;
}) {
  const { scene, random, folder, bug, fault } = options;
  const time = createSimTime(random);
  const { trace, end: endOfTrace } = createTrace(time.passed);
  const calm = { value: false };
  const chance = (likelihood: number) => !calm.value && random() < likelihood;

  const broker = createSimBroker({
    time,
    queueMax: scene.queueMax,
    isDoubled: () => chance(scene.doubled),
    trace,
  });
  const mayOvertake = new Set<string>(UPWARD.filter((f) => !['status', 'state', 'inventory/digest'].includes(f)));
  const openLink = createLinks({
    time,
    broker,
    random,
    overtakes: (topic) => chance(scene.overtakes) && mayOvertake.has(parseTopic(topic)?.family ?? ''),
    trace,
  });
  const destinations = scene.destinations.map((name) =>
    createSimDestination({
      name,
      time,
      random,
      bytesPerSecond: scene.bytesPerSecond,
      flaw: () => (calm.value ? 0 : scene.flaw),
      receiptsEarly: bug === 'receipt-early',
      listsWhatWas: bug === 'listing-remembered',
      trace,
    }),
  );

  const devices: SimDevice[] = scene.devices.map((device) => ({
    address: { site: 'main', device },
    machine: time.machine(),
    wire: newWire(),
    disk: { folder: join(folder, device), files: new Map(), input: [], filed: [], ordered: 0 },
    taken: [],
    agent: undefined,
  }));
  const hubMachine = time.machine();
  const hubWire = newWire();
  /** Programs whose end is settled: each is started again once. */
  const doomed = new Set<SimAgent | SimHub>();
  const parts: { hub: SimHub | undefined } = { hub: undefined };

  function take(device: SimDevice): Picture {
    const { machine, taken, disk, address } = device;
    const size = 20_000 + Math.floor(random() * 180_000);
    const picture = pictureOf(address.device, taken.length + 1, machine.now(), size);
    taken.push(picture);
    disk.input.push(picture);
    trace(`${address.device} takes`, picture.path);
    return picture;
  }

  const fileInput = (device: SimDevice) => withPower(() => device.agent?.fileInput());

  function startDevice(device: SimDevice): void {
    if (device.agent) return;
    const life = device.machine.begin();
    const name = device.address.device;
    trace(`${name} starts`);
    device.agent = startAgent({
      ...device,
      life,
      destinations,
      workers: scene.workers,
      openLink: openLink(life, device.wire),
      capture() {
        const { path } = take(device);
        device.agent?.fileInput();
        return path;
      },
      failed: fault,
      random,
    });
    fileInput(device);
  }
  function startHub(): void {
    if (parts.hub) return;
    const life = hubMachine.begin();
    trace('hub starts');
    if (scene.isBrokerEmbedded && !broker.isUp) broker.start();
    parts.hub = startSimHub({
      life,
      wire: hubWire,
      folder: join(folder, 'hub'),
      destinations,
      openLink: openLink(life, hubWire),
      policy: scene.policy,
      acknowledgesEarly: bug === 'acknowledge-early',
      reportChanged: options.reportChanged,
      failed: fault,
      random,
    });
  }

  /** Cuts a program's power, at once or before the statement after so many that write, and starts it again later. */
  function cut(program: SimAgent | SimHub | undefined, writes: number, whenDead: () => void): void {
    if (!program || program.life.isOver || calm.value) return;
    if (!doomed.has(program)) program.life.whenCut(whenDead);
    doomed.add(program);
    if (writes === 0) program.life.cut();
    else program.power.cutAfter(writes);
  }
  function cutDevice(device: SimDevice, writes: number, off: Off): void {
    const { agent } = device;
    cut(agent, writes, () => {
      trace(`${device.address.device} is cut`);
      time.after(off.ms, () => {
        agent?.bury();
        device.agent = undefined;
        startDevice(device);
      });
    });
  }
  function cutHub(writes: number, off: Off): void {
    const { hub } = parts;
    cut(hub, writes, () => {
      trace('hub is cut');
      if (scene.isBrokerEmbedded && broker.isUp) broker.kill({ wiped: true });
      time.after(off.ms, () => {
        hub?.bury();
        parts.hub = undefined;
        startHub();
      });
    });
  }
  function setWire(wire: Wire, state: Wire['state']): void {
    if (wire.state === state) return;
    wire.state = state;
    for (const listener of [...wire.onChange]) listener();
  }

  return {
    ...{ time, trace, broker, destinations, devices, hubWire, hubMachine, scene },
    ...{ take, fileInput, startDevice, startHub, cutDevice, cutHub, setWire, endOfTrace },
    hub: () => (parts.hub?.life.isOver ? undefined : parts.hub),
    /** No fault happens by chance from now on. */
    calm() {
      calm.value = true;
    },
    [Symbol.dispose]() {
      for (const { agent } of devices) {
        agent?.life.cut();
        agent?.bury();
      }
      parts.hub?.life.cut();
      parts.hub?.bury();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
