import type { Matcher } from './glob.ts';
import { isIgnored } from './ignored.ts';

/**
 * One entry of input, as a listing tells it. Times are ms since 1970, size is bytes. A candidate folder tells the size of all its
 * files and the latest of all times in it.
 */
export type Listed = {
  name: string;
  type: 'file' | 'folder' | 'special';
  size: number;
  modifiedAt: number;
  changedAt: number;
};

/** An entry as an earlier scan saw it; `since` is the monotonic time (ms) from which on it has looked like this. */
export type Sighting = { size: number; modifiedAt: number; since: number };

export type SelectSettings = {
  include: Matcher;
  exclude: Matcher;
  /** Leave alone what `ignored.ts` names. */
  ignore: boolean;
  /** Folders are candidates. */
  folders: boolean;
  /** How long a candidate must have been left alone, ms. */
  waitTimeMs: number;
  /** Size and modification time must have been the same for so long, over at least two scans, ms. */
  stableMs: number;
  batchSize: number;
  throttling: boolean;
};

export type Seen = {
  sightings: ReadonlyMap<string, Sighting>;
  /** Names that were brought in whole: they wait for nothing. */
  complete: ReadonlySet<string>;
  /** Jobs that are in stage. */
  inFlight: number;
};

export type Selection = {
  /** To be claimed, in this order. */
  picked: Listed[];
  /** Folders that match where no job may be made of them. */
  folders: Listed[];
  /** Matching files that are not picked: too young, still changing, or past the batch. */
  waiting: number;
  sightings: Map<string, Sighting>;
};

/** How many jobs a scan may start; at 0 input is not even listed. */
export function capacity({ batchSize, throttling }: SelectSettings, inFlight: number): number {
  return throttling ? Math.max(0, batchSize - inFlight) : batchSize;
}

/** Is this name one that the folder is there for? */
export function isCandidate(
  name: string,
  { include, exclude, ignore }: Pick<SelectSettings, 'include' | 'exclude' | 'ignore'>,
): boolean {
  return !isIgnored(name, ignore) && include(name) && !exclude(name);
}

/** Decides which entries of input are claimed now: the oldest arrivals first, then by name. */
export function select(
  listing: readonly Listed[],
  settings: SelectSettings,
  now: { wall: number; monotonic: number },
  seen: Seen,
): Selection {
  const sightings = new Map<string, Sighting>();
  const folders: Listed[] = [];
  const ripe: Listed[] = [];
  let matching = 0;
  for (const entry of listing) {
    if (!isCandidate(entry.name, settings)) continue;
    if (entry.type === 'folder' && !settings.folders) {
      folders.push(entry);
      continue;
    }
    matching += 1;
    const before = seen.sightings.get(entry.name);
    const same = before?.size === entry.size && before.modifiedAt === entry.modifiedAt;
    const since = same ? before.since : now.monotonic;
    sightings.set(entry.name, { size: entry.size, modifiedAt: entry.modifiedAt, since });
    if (seen.complete.has(entry.name) || (same && isRipe(entry, since, settings, now))) ripe.push(entry);
  }
  ripe.sort((a, b) => arrival(a) - arrival(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const picked = ripe.slice(0, capacity(settings, seen.inFlight));
  return { picked, folders, waiting: matching - picked.length, sightings };
}

const arrival = (entry: Listed): number => Math.max(entry.modifiedAt, entry.changedAt);

/**
 * The age is told by the wall clock, from the later of both times. A time that lies ahead (a camera's clock that is
 * wrong, a device clock that was set back) tells no age: then the time since the first sighting has to do.
 */
function isRipe(
  entry: Listed,
  since: number,
  settings: SelectSettings,
  now: { wall: number; monotonic: number },
): boolean {
  const unchangedMs = now.monotonic - since;
  if (unchangedMs < settings.stableMs) return false;
  const ageMs = now.wall - arrival(entry);
  return ageMs >= 0 ? ageMs >= settings.waitTimeMs : unchangedMs >= settings.waitTimeMs;
}
