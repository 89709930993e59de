import type { ReportRow } from '@vigie/hub/store/reports';
import type { Figures } from '@vigie/shared/protocol/report';
import { folderOf } from '@vigie/shared/remote/destination-config';
import type { Sheet } from './central.ts';
import type { SimDestination } from './destination.ts';
import { FOLDER, type SimAgent, SOURCE } from './device.ts';
import type { Picture } from './picture.ts';
import type { SimDevice, Site } from './site.ts';
import { BEGINNING } from './time.ts';

/** A live source always has a picture or two on its way: a drill may pass all the same. */
const ON_ITS_WAY_MAX = 2;
const REVOKED = ['lost-at-destination', 'changed-at-destination'];

/** What must hold, and what the world knows that no program can know. */
export type Truth = ReturnType<typeof createTruth>;

export const pathAt = (device: SimDevice, { path }: Pick<Picture, 'path'>): string =>
  `${folderOf(FOLDER, { ...device.address, source: SOURCE })}/${path}`;

export function createTruth(site: () => Site, fault: (message: string) => void) {
  /** What a person has done at a destination: `archive:cam-1/garden/20261123/00001.jpg`. */
  const tampered = new Set<string>();
  /** Names that were rejected, each told by one event. */
  const rejected: { device: SimDevice; name: string }[] = [];
  /** Of those, the ones whose event or whose trace at the hub may have gone with a database. */
  const untold = new Set<string>();
  /** Pictures that were purged here before the ledger was lost: nothing at the device knows of them any more, as `cam-1 20261123/00001.jpg`. */
  const forgotten = new Set<string>();
  /** The last that the hub knew of each device, by life of its ledger: `cam-1 events` and `cam-1 inventory`. */
  const knowledge = new Map<string, Map<string, number>>();
  let reports = 0;
  let ledgersLost = 0;

  const isForgotten = ({ address }: SimDevice, path: string) => forgotten.has(`${address.device} ${path}`);
  const isTampered = (at: SimDestination, path: string) => tampered.has(`${at.name}:${path}`);

  /** Every receipt that the ledger has stands for bytes that are there, and flushed. */
  function checkReceipts(device: SimDevice): void {
    const { agent } = device;
    if (!agent || agent.life.isOver) return;
    const proved = agent.ledger.sqlite
      .prepare(
        `SELECT a.path, a.sha256, d.destination FROM delivery d JOIN asset a ON a.id = d.asset_id WHERE d.state = 'verified'`,
      )
      .all() as { path: string; sha256: string; destination: string }[];
    for (const { path, sha256, destination } of proved) {
      const at = destinationOf(destination);
      const there = at.files.get(pathAt(device, { path }));
      if (there?.sha256 === sha256 && there.isFlushed) continue;
      if (isTampered(at, pathAt(device, { path }))) continue;
      fault(`a receipt without bytes: ${destination} does not hold ${device.address.device} ${path}`);
    }
    for (const { path, destination } of revokedAt(agent)) {
      if (isTampered(destinationOf(destination), pathAt(device, { path }))) continue;
      fault(`a false alarm: ${path} was told as gone from ${destination}, where nobody has touched it`);
    }
  }

  /** What the hub knows of a device goes back only with a new ledger, or with an older database of its own. */
  function checkKnowledge(device: SimDevice): void {
    const hub = site().hub();
    const row = hub?.devices.find(device.address);
    const inventory = hub?.inventories.find({ ...device.address, source: SOURCE });
    const name = device.address.device;
    if (row) learnt(`${name} events`, row.generation, row.ackedSeq);
    if (inventory) learnt(`${name} inventory`, inventory.generation, inventory.seq);
  }
  function learnt(what: string, generation: string, seq: number): void {
    const lives = knowledge.get(what) ?? new Map<string, number>();
    knowledge.set(what, lives);
    const before = lives.get(generation) ?? 0;
    const isOld = lives.has(generation) && [...lives.keys()].at(-1) !== generation;
    lives.set(generation, seq);
    if (isOld) fault(`the hub went back to an older life of the ledger: ${what}`);
    if (seq < before) fault(`the hub went back from ${before} to ${seq}: ${what}`);
  }

  /** The sheet of a drill that has passed stands for pictures that are there. */
  function checkSheet({ id, device: name, state, returnedAt, reasons }: Sheet): void {
    site().trace(`drill of ${name}`, `${state} ${reasons.join(' ')}`);
    if (state !== 'passed') return;
    const device = site().devices.find((d) => d.address.device === name) as SimDevice;
    const back = Date.parse(returnedAt as string) - BEGINNING;
    const before = device.disk.filed.filter(({ passed }) => passed < back);
    for (const at of site().destinations) {
      const absent = before.filter(
        ({ picture }) => !at.files.has(pathAt(device, picture)) && !isTampered(at, pathAt(device, picture)),
      );
      if (absent.length <= ON_ITS_WAY_MAX) continue;
      fault(`a sheet lies: the drill of ${name} passed, and ${absent.length} pictures are not at ${at.name}; ${id}`);
    }
  }

  function ledgerLost(device: SimDevice): void {
    ledgersLost += 1;
    const { disk, taken, address } = device;
    const isKept = ({ path }: Picture) => disk.files.has(`/result/${path}`) || disk.input.some((p) => p.path === path);
    for (const picture of taken) if (!isKept(picture)) forgotten.add(`${address.device} ${picture.path}`);
    disk.filed = disk.filed.filter(({ picture }) => isKept(picture));
    disk.meter.sent.clear();
    for (const { device: of, name } of rejected) if (of === device) untold.add(name);
  }
  function hubRestored(): void {
    knowledge.clear();
    for (const { name } of rejected) untold.add(name);
  }

  const destinationOf = (name: string) => site().destinations.find((d) => d.name === name) as SimDestination;

  /** A report that has just ended counts nothing as matched that was not there while it was made. */
  function checkReport(row: ReportRow): void {
    if (row.state !== 'completed') return;
    reports += 1;
    const left = JSON.parse(row.left) as { device: string };
    const right = JSON.parse(row.right) as { destination: string };
    const device = site().devices.find((d) => d.address.device === left.device) as SimDevice;
    const at = destinationOf(right.destination);
    const begun = (row.startedAt as number) - BEGINNING;
    const figures = JSON.parse(row.figures as string) as Figures;
    const wasThere = ({ size, sha256, path }: Picture): boolean => {
      const there = at.files.get(pathAt(device, { path }));
      if (there?.size === size && (row.proof === 'size' || there.sha256 === sha256)) return true;
      return (at.lostAt.get(pathAt(device, { path })) ?? Number.NEGATIVE_INFINITY) >= begun;
    };
    const present = device.taken.filter(wasThere).length;
    if (figures.matched.count > present) {
      fault(`a report lies: ${figures.matched.count} matched at ${at.name}, where ${present} of ${left.device} are`);
    }
    const known = device.disk.filed.filter(({ passed }) => passed < begun).length;
    if (row.asOf === null && figures.source.count < known) {
      fault(`a report lies: ${figures.source.count} at ${left.device}, which said that it held ${known} before`);
    }
  }

  /** What one device's events have told is known once, and its inventory is the hub's. */
  function checkDevice(device: SimDevice): void {
    const hub = site().hub();
    const { agent, address, taken } = device;
    if (!hub || !agent) {
      fault('a program is not there at the end');
      return;
    }
    if (agent.outbox.size() > 0) fault(`${address.device}: ${agent.outbox.size()} events are left in the outbox`);
    const row = hub.inventories.find({ ...address, source: SOURCE });
    const days = agent.assets.buckets().map(({ day }) => day);
    const held = [...agent.assets.entries(days, 1000)].flat().map(lineOf).sort();
    const known = row ? [...hub.inventories.entries(row)].map(lineOf).sort() : [];
    if (held.join() !== known.join())
      fault(`${address.device}: the hub's inventory has ${known.length} entries, the device's ${held.length}`);
    const due = taken.filter(({ path }) => !isForgotten(device, path)).length;
    if (held.length !== due) fault(`${address.device}: ${due} taken, ${held.length} in the ledger`);
    if (hub.devices.find(address)?.presence !== 'online') fault(`${address.device}: it is not online for the hub`);
    const told = hub.activities.recent(20_000).map(({ type, message }) => (type === 'rejected' ? message : ''));
    for (const { name } of rejected.filter((r) => r.device === device)) {
      const times = told.filter((message) => message.includes(`${name} `)).length;
      if (times > 1 || (times === 0 && !untold.has(name)))
        fault(`${address.device}: the event about ${name} was applied ${times} times`);
    }
  }

  /** Everything that was taken is there, once, with its bytes. */
  function checkDestination(device: SimDevice, at: SimDestination): void {
    const root = pathAt(device, { path: '' });
    const there = new Map([...at.files].filter(([path]) => path.startsWith(root)));
    for (const picture of device.taken) {
      const path = pathAt(device, picture);
      const found = there.get(path);
      there.delete(path);
      if (found?.sha256 !== picture.sha256) {
        fault(`${at.name}: ${path} ${found ? 'has other bytes' : 'is not there'}`);
      }
    }
    for (const path of there.keys()) fault(`${at.name}: ${path} is more than was taken`);
  }

  return {
    ...{ tampered, rejected, isTampered, isForgotten, ledgerLost, hubRestored },
    ...{ checkReceipts, checkKnowledge, checkReport, checkSheet, checkDevice, checkDestination },
    reports: () => reports,
    ledgersLost: () => ledgersLost,
  };
}

/** Proofs that a second look has taken back. */
function revokedAt({ ledger }: SimAgent): { path: string; destination: string }[] {
  const sql = `SELECT a.path, d.destination FROM delivery d JOIN asset a ON a.id = d.asset_id WHERE d.state = 'withdrawn' AND d.error_code IN (?, ?)`;
  return ledger.sqlite.prepare(sql).all(...REVOKED) as { path: string; destination: string }[];
}

const lineOf = ({
  path,
  size,
  sha256,
  purgedAt,
}: {
  path: string;
  size: number;
  sha256?: string | undefined;
  purgedAt?: number | undefined;
}) => `${path} ${size} ${sha256} ${purgedAt === undefined ? 'held' : 'purged'}`;
