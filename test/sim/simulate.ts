import { mkdtempSync } from 'node:fs';
import { isFinal } from '@vigie/shared/protocol/messages';
import { randomOf } from '../support/random.ts';
import { createDeeds } from './deeds.ts';
import { SOURCE } from './device.ts';
import { type Dice, diceOf, drawScene } from './scene.ts';
import { type Bug, createSite, type SimDevice, type Site } from './site.ts';
import { createTruth, type Truth } from './truth.ts';

/** What came of one history. `faults` is empty where everything held; the digest is that of the whole trace. */
export type Outcome = {
  seed: number;
  faults: string[];
  digest: string;
  tail: string[];
  days: number;
  pictures: number;
  reports: number;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Within so much time, once the faults are over, everything has arrived. */
const CONVERGED_WITHIN_MS = 90 * MINUTE;
const ROUNDS_MAX = 5;
const FAULTS_MAX = 20;

/** One random history of a whole site, from its first picture to the proof that everything has arrived. */
export async function simulate(seed: number, bug?: Bug): Promise<Outcome> {
  const random = randomOf(seed * 7919 + 17);
  for (let i = 0; i < 3; i++) random();
  const dice = diceOf(random);
  const scene = drawScene(dice);
  const faults: string[] = [];
  const fault = (message: string) => {
    if (faults.length < FAULTS_MAX && !faults.includes(message)) faults.push(message);
  };
  const truth: Truth = createTruth(() => site, fault);
  const folder = mkdtempSync('/dev/shm/vigie-sim-');
  using site: Site = createSite({ scene, random, folder, bug, reportChanged: truth.checkReport, fault });
  try {
    const deeds = createDeeds(site, truth, dice);
    await happen(site, truth, deeds, dice);
    await endFaults(site, deeds);
    await converge(site, truth, deeds.known.meddled, fault);
    if (!deeds.known.meddled || faults.length === 0) check(site, truth, deeds.known.ordered, fault);
  } catch (error) {
    fault(`the history broke off: ${(error as Error).stack}`);
  }
  const { digest, tail } = site.endOfTrace();
  const pictures = site.devices.reduce((sum, { taken }) => sum + taken.length, 0);
  return { seed, faults, digest, tail, days: scene.days, pictures, reports: truth.reports() };
}

type Deeds = ReturnType<typeof createDeeds>;

/** Days with pictures, faults and orders; between two of them a moment, some minutes, or hours. */
async function happen(site: Site, truth: Truth, deeds: Deeds, { between, one, chance }: Dice): Promise<void> {
  const { time, scene, devices } = site;
  site.startHub();
  for (const device of devices) site.startDevice(device);
  await time.run(10 * SECOND);
  const end = scene.days * DAY;
  for (let n = 0; n < scene.deeds; n++) {
    if (chance(0.75)) {
      const device = one(devices);
      for (let i = between(1, 2); i > 0; i--) site.take(device);
      site.fileInput(device);
      if (chance(0.5)) deeds.reject(device);
    }
    if (chance(0.8)) deeds.one();
    await time.run(chance(0.15) ? between(0, 3 * MINUTE) : between(0, 20 * SECOND));
    for (const device of devices) truth.checkReceipts(device);
    const left = Math.max(0, end - time.passed()) / (scene.deeds - n);
    if (chance(0.5)) time.leap(chance(0.5) ? between(0, 10 * MINUTE) : between(0, Math.floor(2 * left)));
  }
}

/** The faults stop, and whoever has paused something lets it go on. */
async function endFaults(site: Site, deeds: Deeds): Promise<void> {
  const { time, broker, destinations, devices, hubWire } = site;
  site.calm();
  for (const { agent } of devices) agent?.power.cutAfter(Number.POSITIVE_INFINITY);
  site.hub()?.power.cutAfter(Number.POSITIVE_INFINITY);
  // What is off by then starts by itself, at the latest when its time is over.
  time.leap(2 * DAY);
  await time.run(2 * MINUTE);
  if (!broker.isUp) broker.start();
  site.setWire(hubWire, 'up');
  for (const at of destinations) {
    at.start();
    at.isFull = false;
  }
  for (const device of devices) {
    site.setWire(device.wire, 'up');
    deeds.setClock(device, 0);
    site.fileInput(device);
    const { agent } = device;
    if (!agent) continue;
    for (const at of destinations) agent.pauses.resume(at.name);
    for (const deliverer of agent.deliverers.values()) deliverer.retry();
  }
  const hub = site.hub();
  await time.run(20 * SECOND);
  for (const { id, state } of hub?.jobs.recent(200) ?? []) {
    if (!isFinal(state)) hub?.resync.order(id, 'run', 'operator');
  }
}

/** Everything arrives; a person is needed only where a person has taken something away. */
async function converge(site: Site, truth: Truth, meddled: boolean, fault: (message: string) => void): Promise<void> {
  const { time } = site;
  const end = time.passed() + CONVERGED_WITHIN_MS;
  while (time.passed() < end && !isQuiet(site)) await time.run(5 * SECOND);
  if (!isQuiet(site)) fault(`it has not converged within ${CONVERGED_WITHIN_MS / MINUTE} min: ${standing(site)}`);
  for (const device of site.devices) {
    truth.checkReceipts(device);
    for (const at of site.destinations) {
      const rounds = await mend(site, device, at.name);
      if (rounds === undefined)
        fault(`${at.name}: ${device.address.device} is not in sync after ${ROUNDS_MAX} reports`);
      else if (rounds > 1 && !meddled)
        fault(`${at.name}: it took ${rounds} reports, though nobody had taken anything away`);
    }
  }
  await time.run(40 * SECOND);
}

/** Reports with Re-run & Sync until one says "in sync"; how many that took. */
async function mend(site: Site, { address }: SimDevice, destination: string): Promise<number | undefined> {
  const { time } = site;
  const hub = site.hub();
  if (!hub) return undefined;
  const place = { ...address, source: SOURCE };
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const { id } = hub.queueReport({
      left: JSON.stringify({ type: 'source', ...place }),
      right: JSON.stringify({ type: 'destination', destination, ...place }),
      filter: '{}',
      by: 'operator',
      trigger: 'person',
      sync: true,
      proof: 'digest',
    });
    const end = time.passed() + 30 * MINUTE;
    const isOver = () => {
      const state = hub.reportStore.find(id)?.state;
      const open = hub.jobs.recent(200).some((job) => !isFinal(job.state));
      return state !== 'queued' && state !== 'running' && !open && isQuiet(site);
    };
    while (time.passed() < end && !isOver()) await time.run(5 * SECOND);
    const row = hub.reportStore.find(id);
    site.trace('report', `${row?.state} ${row?.error ?? ''} ${row?.mendableCount}`);
    const unmatched = [...hub.reportStore.allUnmatched(id)];
    for (const entry of unmatched)
      site.trace('unmatched', `${entry.class} ${entry.path}: ${entry.cause}; ${entry.action}`);
    if (row?.state === 'completed' && unmatched.length === 0) return round;
  }
  return undefined;
}

/** Nothing is under way: no delivery is due, no event waits, and the hub knows what the devices know. */
function isQuiet(site: Site): boolean {
  const hub = site.hub();
  if (!hub) return false;
  return site.devices.every(({ address, agent, disk }) => {
    if (!agent || agent.life.isOver || disk.input.length > 0 || agent.outbox.size() > 0) return false;
    const row = hub.inventories.find({ ...address, source: SOURCE });
    if (!row?.reconciled || row.seq < agent.assets.seq()) return false;
    if (hub.devices.find(address)?.presence !== 'online') return false;
    return site.destinations.every((at) => dueAt(agent, at.name) === 0);
  });
}

/** Deliveries that still go by themselves: what has failed waits for a person. */
function dueAt(agent: NonNullable<SimDevice['agent']>, destination: string): number {
  const sql = `SELECT count(*) AS n FROM delivery WHERE destination = ? AND state IN ('pending', 'sending')`;
  return (agent.ledger.sqlite.prepare(sql).get(destination) as { n: number }).n;
}

function standing(site: Site): string {
  const hub = site.hub();
  return site.devices
    .map(({ address, agent, disk }) => {
      const row = hub?.inventories.find({ ...address, source: SOURCE });
      const due = agent ? site.destinations.map((at) => `${at.name} ${dueAt(agent, at.name)} due`).join(', ') : 'off';
      const presence = hub?.devices.find(address)?.presence;
      return `${address.device} (${presence}): ${due}, ${disk.input.length} in input, ${agent?.outbox.size()} in the outbox, ${
        row?.reconciled ? 'reconciled' : 'not reconciled'
      } at ${row?.seq} of ${agent?.assets.seq()}`;
    })
    .join('; ');
}

function check(site: Site, truth: Truth, ordered: number, fault: (message: string) => void): void {
  for (const device of site.devices) {
    truth.checkReceipts(device);
    truth.checkDevice(device);
    for (const at of site.destinations) truth.checkDestination(device, at);
  }
  const carriedOut = site.devices.reduce((sum, { disk }) => sum + disk.ordered, 0);
  if (carriedOut > ordered) fault(`${carriedOut} pictures were taken by command, where ${ordered} orders were in time`);
}
