import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '@vigie/agent/deliver/limits/limits-config';
import type { ReportRow } from '@vigie/hub/store/reports';
import { parseTopic, UPWARD } from '@vigie/shared/protocol/topics';
import { createSimBroker } from './broker.ts';
import type { Bug } from './bugs.ts';
import { type Sheet, type SimHub, startSimHub } from './central.ts';
import { createSimDestination } from './destination.ts';
import { type Address, type DeviceDisk, type SimAgent, startAgent } from './device.ts';
import { newMeter } from './guard.ts';
import { type Picture, pictureOf, SIZE_MAX, SIZE_MIN } from './picture.ts';
import { withPower } from './power.ts';
import type { Scene } from './scene.ts';
import { createSimTime, type Machine } from './time.ts';
import { createTrace } from './trace.ts';
import { createLinks, newWire, type Wire } from './wire.ts';

/** A device with all that outlasts its program. `agent` is undefined while it is off. */
export type SimDevice = {
  address: Address;
  machine: Machine;
  wire: Wire;
  disk: DeviceDisk;
  taken: Picture[];
  agent: SimAgent | undefined;
  limits: Limits;
  /** Its ledger is gone at its next start. */
  isLedgerLost: boolean;
};

/** Everything that a history is about: machines, wires, broker, destinations. */
export type Site = ReturnType<typeof createSite>;

/** How long a program is away that begins anew. */
const RESTART_MS = 1_000;

/** How long a program that was cut stays off. */
type Off = { ms: number };

export function createSite(options: {
  scene: Scene;
  random: () => number;
  folder: string;
  bug: Bug | undefined;
  reportChanged: (row: ReportRow) => void;
  drillChanged: (sheet: Sheet) => void;
  /** A device begins with a new ledger, which knows nothing of the one before. */
  ledgerLost: (device: SimDevice) => void;
  /** The hub begins with an older database, or with none. */
  hubRestored: () => void;
  fault: (message: string) => void;
}) {
  const { scene, random, folder, bug, fault } = options;
  const time = createSimTime(random);
  const { trace, end: endOfTrace } = createTrace(time.passed);
  const calm = { value: false };
  const parts: { hub: SimHub | undefined; backup: Buffer | undefined; isToBeRestored: boolean } = {
    ...{ hub: undefined, backup: undefined, isToBeRestored: false },
  };
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
    said(clientId) {
      const device = devices.find(({ address }) => address.device === clientId);
      if (device?.agent?.drill.acting()) fault(`${clientId} says something in its outage drill`);
    },
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
    disk: { folder: join(folder, device), files: new Map(), input: [], filed: [], ordered: 0, meter: newMeter() },
    taken: [],
    ...{ agent: undefined, limits: scene.limits, isLedgerLost: false },
  }));
  const hubMachine = time.machine();
  const hubWire = newWire();
  /** Programs whose end is settled: each is started again once. */
  const doomed = new Set<SimAgent | SimHub>();

  function take(device: SimDevice): Picture {
    const { machine, taken, disk, address } = device;
    const size = SIZE_MIN + Math.floor(random() * (SIZE_MAX - SIZE_MIN));
    const picture = pictureOf(address.device, taken.length + 1, machine.now(), size);
    taken.push(picture);
    disk.input.push(picture);
    trace(`${address.device} takes`, picture.path);
    return picture;
  }

  const fileInput = (device: SimDevice) => withPower(() => device.agent?.fileInput());

  function startDevice(device: SimDevice): void {
    if (device.agent) return;
    if (device.isLedgerLost) {
      removeDatabase(device.disk.folder, 'ledger.sqlite');
      device.isLedgerLost = false;
      options.ledgerLost(device);
    }
    const life = device.machine.begin();
    const name = device.address.device;
    trace(`${name} starts`);
    device.agent = startAgent({
      ...device,
      life,
      destinations,
      workers: scene.workers,
      auditWithinMs: scene.auditWithinMs,
      bug,
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
    if (bug !== 'ledger-not-rebuilt') device.agent.adopt(device.taken);
  }
  function startHub(): void {
    if (parts.hub) return;
    const databaseFolder = join(folder, 'hub');
    if (parts.isToBeRestored) {
      removeDatabase(databaseFolder, 'hub.sqlite');
      if (parts.backup) writeFileSync(join(databaseFolder, 'hub.sqlite'), parts.backup);
      parts.isToBeRestored = false;
      trace('hub restored', parts.backup ? 'from a backup' : 'from nothing');
      options.hubRestored();
    }
    const life = hubMachine.begin();
    trace('hub starts');
    if (scene.isBrokerEmbedded && !broker.isUp) broker.start();
    parts.hub = startSimHub({
      life,
      wire: hubWire,
      folder: databaseFolder,
      destinations,
      openLink: openLink(life, hubWire),
      scene,
      acknowledgesEarly: bug === 'acknowledge-early',
      reportChanged: options.reportChanged,
      drillChanged: options.drillChanged,
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
      // It has begun anew already, with another configuration.
      if (device.agent !== agent) return;
      trace(`${device.address.device} is cut`);
      device.disk.meter.disturbances += 1;
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
  /** A new configuration, with which the program begins anew. */
  function setLimits(device: SimDevice, limits: Limits): void {
    device.limits = limits;
    const { agent } = device;
    if (!agent || agent.life.isOver) return;
    device.disk.meter.disturbances += 1;
    device.agent = undefined;
    agent.life.cut();
    time.after(RESTART_MS, () => {
      agent.bury();
      startDevice(device);
    });
  }
  function setWire(wire: Wire, state: Wire['state']): void {
    if (wire.state === state) return;
    wire.state = state;
    for (const listener of [...wire.onChange]) listener();
  }

  return {
    ...{ time, trace, broker, destinations, devices, hubWire, hubMachine, scene },
    ...{ take, fileInput, startDevice, startHub, cutDevice, cutHub, setLimits, setWire, endOfTrace },
    hub: () => (parts.hub?.life.isOver ? undefined : parts.hub),
    /** Somebody makes a copy of the hub's database. */
    backUpHub() {
      const { hub } = parts;
      if (hub && !hub.life.isOver) parts.backup = hub.backup();
    },
    /** The hub's disk breaks: it goes on with the last copy of its database, or with an empty one where there is none. */
    restoreHub(off: Off) {
      if (calm.value) return;
      parts.isToBeRestored = true;
      cutHub(0, off);
    },
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

/** Removes a SQLite database that nobody has open. */
function removeDatabase(folder: string, name: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `${name}${end}`), { force: true });
}
