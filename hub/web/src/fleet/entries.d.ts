import type { Amount, Device, KnownSource, SourceState } from '../api/documents.ts';
import { type Problem } from './problems.ts';
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
export declare function entriesOf(devices: Device[]): FleetEntry[];
export type FleetView = 'all' | 'problems' | 'backlog' | 'offline';
/** The cards that a search and a view leave; every word of the search must be in the names. */
export declare function filterEntries(entries: FleetEntry[], search: string, view: FleetView): FleetEntry[];
/** What one source still has to bring to its destinations. */
export declare const backlogOf: (state: SourceState | undefined) => Amount;
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
export declare function summaryOf(devices: Device[], entries: FleetEntry[]): FleetSummary;
