import { createGate } from '@vigie/agent/deliver/limits/gate';
import { isFinal } from '@vigie/shared/protocol/messages';
import type { Deeds } from './deeds.ts';
import { SOURCE } from './device.ts';
import type { SimDevice, Site } from './site.ts';
import type { Truth } from './truth.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Within so much time, once the faults are over, everything has arrived. */
const CONVERGED_WITHIN_MS = 90 * MINUTE;
const ROUNDS_MAX = 5;
/** Within this time after the order of a drill its sheet is there: its own time, and what the hub gives it to answer, return and be green. */
const SHEET_WITHIN_MS = 2 * HOUR;

/** The faults stop, and whoever has paused something lets it go on. */
export async function endFaults(site: Site, deeds: Deeds): Promise<void> {
  const { time, broker, destinations, devices, hubWire, scene } = site;
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
  // A budget that is spent waits for the next month, or for somebody who gives more; hours that are shut open by themselves.
  const { monthly, ...limits } = scene.limits;
  if (monthly !== undefined) for (const device of devices) site.setLimits(device, { ...limits, monthly: undefined });
  time.leap(untilOpen(site));
  await time.run(20 * SECOND);
  const hub = site.hub();
  for (const { id, state, want } of hub?.jobs.recent(200) ?? []) {
    if (!isFinal(state) && want === 'pause') hub?.resync.order(id, 'run', 'operator');
  }
  // A hub that was restored does not know of all that it had paused.
  for (const { agent } of devices) {
    for (const { order, state } of agent?.jobs.open() ?? []) {
      if (state === 'PAUSED' && !hub?.jobs.find(order.id)) await agent?.runJob(order.id);
    }
  }
}

/** How long until everything may be delivered, and for some hours from then on. */
function untilOpen({ scene, devices }: Site): number {
  const gate = createGate(scene.limits, 'UTC');
  const now = devices[0]?.machine.now() ?? 0;
  const mayGo = (at: number) =>
    [true, false].every((thinned) => !gate.heldUntil({ source: SOURCE, kind: 'jpg' }, thinned, at));
  for (let ms = 0; ms < DAY; ms += HOUR / 4) {
    if ([0, 1, 2, 3, 4].every((hours) => mayGo(now + ms + hours * HOUR))) return ms;
  }
  throw new Error('simulate: the windows of this scene are never open for some hours');
}

/** Everything arrives; a person is needed only where a person has taken something away. */
export async function converge(
  site: Site,
  truth: Truth,
  meddled: boolean,
  fault: (message: string) => void,
): Promise<void> {
  const { time } = site;
  const end = time.passed() + CONVERGED_WITHIN_MS;
  while (time.passed() < end && !isQuiet(site)) await time.run(5 * SECOND);
  if (!isQuiet(site)) fault(`it has not converged within ${CONVERGED_WITHIN_MS / MINUTE} min: ${standing(site)}`);
  for (const device of site.devices) {
    truth.checkReceipts(device);
    for (const at of site.destinations) {
      const rounds = await mend(site, truth, device, at.name);
      if (rounds === undefined)
        fault(`${at.name}: ${device.address.device} is not in sync after ${ROUNDS_MAX} reports`);
      else if (rounds > 1 && !meddled)
        fault(`${at.name}: it took ${rounds} reports, though nobody had taken anything away`);
    }
  }
  await time.run(40 * SECOND);
}

/** Reports with Re-run & Sync until one says "in sync"; how many that took. */
export async function mend(
  site: Site,
  truth: Truth,
  device: SimDevice,
  destination: string,
): Promise<number | undefined> {
  const { time } = site;
  const hub = site.hub();
  if (!hub) return undefined;
  const place = { ...device.address, source: SOURCE };
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
    // What a device has purged and forgotten is more than it knows of.
    const isForgotten = (one: (typeof unmatched)[number]) =>
      one.class === 'extra' && truth.isForgotten(device, one.path);
    if (row?.state === 'completed' && unmatched.every(isForgotten)) return round;
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

/**
 * Somebody takes away what a destination has proved, and nobody asks: within the time of the second look this is told, and it counts as proved
 * no more.
 */
export async function tamperAtLast(
  site: Site,
  truth: Truth,
  deeds: Deeds,
  fault: (message: string) => void,
): Promise<void> {
  const { time, scene, devices, destinations } = site;
  const [device] = devices;
  const [at] = destinations;
  if (!device?.agent || !at) return;
  const before = new Map(at.files);
  const path = deeds.tamper(device, at);
  if (path === undefined) return;
  time.leap(scene.auditWithinMs);
  const isTold = () =>
    site
      .hub()
      ?.activities.recent(200)
      .some(({ type, message }) => type === 'delivery-failed' && message.includes(`"${path}" was proved`));
  // The time that has passed at once was an outage for the hub, and the report after it may have been quicker.
  const isMended = () => at.files.get(path)?.sha256 === before.get(path)?.sha256;
  const end = time.passed() + scene.auditWithinMs + 2 * MINUTE;
  while (time.passed() < end && !isTold() && !isMended()) await time.run(10 * SECOND);
  if (!isTold() && !isMended())
    fault(`${at.name}: ${path} was tampered with, and within ${scene.auditWithinMs} ms nobody has told it`);
  const rounds = await mend(site, truth, device, at.name);
  if (rounds === undefined) fault(`${at.name}: what was tampered with is not mended after ${ROUNDS_MAX} reports`);
}

/** Each re-sync has come to its end, and each drill has its sheet in time. */
export function checkEnds(site: Site, fault: (message: string) => void): void {
  const now = site.hubMachine.now();
  for (const { state, orderedAt, forMs, device } of site.hub()?.drills.service.list({}, 100).drills ?? []) {
    const isOpen = !['passed', 'failed', 'refused'].includes(state);
    if (isOpen && now > Date.parse(orderedAt) + forMs + SHEET_WITHIN_MS)
      fault(`a drill of ${device} is ${state} for ever`);
  }
  for (const { device, state, want } of site.hub()?.jobs.open() ?? []) {
    fault(`a re-sync of ${device} is ${state} for ever; it should ${want}`);
  }
  for (const { agent, address } of site.devices) {
    if (agent?.drill.acting()) fault(`${address.device} is in a drill for ever`);
  }
}
