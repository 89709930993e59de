import type { Amount, Device, KnownSource, SourceState } from '../api/documents.ts';
import { deviceProblems, type Problem, sourceProblems } from './problems.ts';

/** One card of the fleet: a device with one of its sources, or without any yet. */
export type FleetEntry = {
  key: string;
  device: Device;
  source: string | undefined;
  known: KnownSource | undefined;
  state: SourceState | undefined;
  problems: Problem[];
};

/** The cards of a fleet, by site, device and source. A source is known by its inventory, by the device's word, or both. */
export function entriesOf(devices: Device[]): FleetEntry[] {
  const sorted = [...devices].sort((a, b) => `${a.site}/${a.device}`.localeCompare(`${b.site}/${b.device}`));
  return sorted.flatMap((device) => {
    const names = new Set([...device.sources.map((s) => s.name), ...(device.state?.sources.map((s) => s.name) ?? [])]);
    const own = `${device.site}/${device.device}`;
    const shared = deviceProblems(device);
    if (names.size === 0)
      return [{ key: own, device, source: undefined, known: undefined, state: undefined, problems: shared }];
    return [...names].sort().map((name): FleetEntry => {
      const state = device.state?.sources.find((s) => s.name === name);
      return {
        key: `${own}/${name}`,
        device,
        source: name,
        known: device.sources.find((s) => s.name === name),
        state,
        problems: [...shared, ...sourceProblems(state)].sort(byLevel),
      };
    });
  });
}

const byLevel = (a: Problem, b: Problem): number => Number(b.level === 'bad') - Number(a.level === 'bad');

export type FleetView = 'all' | 'problems' | 'backlog' | 'offline';

/** The cards that a search and a view leave; every word of the search must be in the names. */
export function filterEntries(entries: FleetEntry[], search: string, view: FleetView): FleetEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const names = `${entry.device.site} ${entry.device.device} ${entry.source ?? ''} ${entry.state?.camera ?? ''}`;
    if (!words.every((word) => names.toLowerCase().includes(word))) return false;
    if (view === 'problems') return entry.problems.length > 0;
    if (view === 'backlog') return backlogOf(entry.state).count > 0;
    if (view === 'offline') return entry.device.presence !== 'online';
    return true;
  });
}

/** What one source still has to bring to its destinations. */
export const backlogOf = (state: SourceState | undefined): Amount =>
  sum((state?.destinations ?? []).map((destination) => destination.backlog));

export type FleetSummary = {
  devices: number;
  online: number;
  sources: number;
  backlog: Amount;
  verified: Amount;
  problems: number;
  /** Sources, and devices without one, that have a problem. */
  troubled: number;
  worst: Problem['level'] | undefined;
};

export function summaryOf(devices: Device[], entries: FleetEntry[]): FleetSummary {
  const problems = entries.flatMap((entry) => entry.problems);
  return {
    devices: devices.length,
    online: devices.filter((device) => device.presence === 'online').length,
    sources: entries.filter((entry) => entry.source !== undefined).length,
    backlog: sum(entries.map((entry) => backlogOf(entry.state))),
    verified: sum(entries.flatMap((entry) => entry.state?.destinations.map((d) => d.verified) ?? [])),
    problems: problems.length,
    troubled: entries.filter((entry) => entry.problems.length > 0).length,
    worst: problems.some((p) => p.level === 'bad') ? 'bad' : problems[0]?.level,
  };
}

const sum = (amounts: Amount[]): Amount =>
  amounts.reduce((a, b) => ({ count: a.count + b.count, bytes: a.bytes + b.bytes }), { count: 0, bytes: 0 });
