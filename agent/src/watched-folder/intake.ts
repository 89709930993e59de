import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { Books } from './books.ts';
import { contentOf } from './candidate.ts';
import { claim } from './claim.ts';
import type { Disk, Look } from './disk.ts';
import type { WatchedFolderConfig } from './folder-config.ts';
import type { Job } from './job.ts';
import { capacity, isCandidate, type Listed, type SelectSettings, type Sighting, select } from './select.ts';
import type { Tenure } from './tenure.ts';
import { TREES, type Trees } from './trees.ts';

/** Looks at input and claims what is due: it remembers what earlier looks have seen. */
export type Intake = {
  /** One look. What was claimed before an error is claimed all the same. */
  take(inFlight: number): Promise<{ jobs: Job[]; error: unknown }>;
  /** This name was brought in whole: it waits for nothing. */
  hasten(name: string): void;
  /** Matching files that the last look has left: too young, still changing, or past the batch. */
  waiting(): number;
  /** The last look left files that were due. */
  isCrowded(): boolean;
};

export function createIntake(options: {
  disk: Disk;
  trees: Trees;
  settings: Pick<WatchedFolderConfig, 'intake'>;
  rules: SelectSettings;
  books: Pick<Books, 'rejected'>;
  tenure: Pick<Tenure, 'owner'>;
  newId: () => string;
  clock: Clock;
  log: Log;
}): Intake {
  const { disk, trees, settings, rules, books, tenure, newId, clock, log } = options;
  const complete = new Set<string>();
  const refusedFolders = new Set<string>();
  let sightings = new Map<string, Sighting>();
  let crowded = false;
  let waiting = 0;

  async function take(inFlight: number): Promise<{ jobs: Job[]; error: unknown }> {
    const hurried = [...complete];
    crowded = false;
    const listing = await listInput();
    const now = { wall: clock.now(), monotonic: clock.monotonic() };
    const selection = select(listing, rules, now, { sightings, complete, inFlight });
    sightings = selection.sightings;
    for (const gone of hurried) if (!sightings.has(gone)) complete.delete(gone);
    refuseFolders(selection.folders);
    const names = selection.picked.map((entry) => entry.name);
    const claimed = await claim(disk, trees, names, { newId, owner: tenure.owner });
    for (const job of claimed.jobs) {
      complete.delete(job.name);
      sightings.delete(job.name);
    }
    waiting = selection.waiting;
    crowded = names.length > 0 && names.length === capacity(rules, inFlight) && waiting > 0;
    return claimed;
  }

  async function listInput(): Promise<Listed[]> {
    const own = settings.intake === 'root' ? new Set<string>(TREES) : undefined;
    const names = (await disk.names(trees.input)).filter((entry) => isCandidate(entry, rules) && !own?.has(entry));
    const listing: Listed[] = [];
    for (const [index, look] of (await disk.lookAll(trees.input, names)).entries()) {
      const entry = names[index] as string;
      if (look?.type === 'folder' && rules.folders) listing.push(await listedFolder(entry, look));
      else if (look) listing.push({ ...look, name: entry });
    }
    return listing;
  }

  /** A folder is as young as the youngest thing in it: its own times do not tell of its files. */
  async function listedFolder(entry: string, look: Look): Promise<Listed> {
    const { files } = await contentOf(disk, `${trees.input}/${entry}`);
    const times = [look, ...files.map((file) => file.look)];
    const latest = times.reduce((most, { modifiedAt, changedAt }) => Math.max(most, modifiedAt, changedAt), 0);
    const size = files.reduce((sum, file) => sum + file.look.size, files.length);
    return { name: entry, type: 'folder', size, modifiedAt: latest, changedAt: latest };
  }

  /** A folder stays where it is, since nobody can tell when its content is complete; it is told once. */
  function refuseFolders(folders: readonly Listed[]): void {
    const there = new Set(folders.map((folder) => folder.name));
    for (const gone of refusedFolders) if (!there.has(gone)) refusedFolders.delete(gone);
    for (const folder of there) {
      if (refusedFolders.has(folder)) continue;
      refusedFolders.add(folder);
      const reason = 'it is a folder; files directly in input are taken here';
      log.warn({ name: printable(folder) }, `left in input: ${reason}`);
      books.rejected({ jobId: newId(), name: folder, reason, kept: true });
    }
  }

  return { take, hasten: (name) => complete.add(name), waiting: () => waiting, isCrowded: () => crowded };
}
