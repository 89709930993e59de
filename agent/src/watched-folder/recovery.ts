import type { Books, Intent } from './books.ts';
import { moveToJob } from './claim.ts';
import type { Disk } from './disk.ts';
import { type Job, WORK } from './job.ts';
import type { Reservations } from './place.ts';
import { OWNER, type Tenure } from './tenure.ts';
import type { Trees } from './trees.ts';

/** What was found in stage: jobs to be taken up, in order, and names in input that were copies of staged files. */
export type StageFindings = { jobs: Job[]; copies: string[] };

/**
 * Makes jobs of everything that lies in stage and that nobody works on: what an earlier process left, and what a person put there. Which of
 * a job's steps are done already, its own repetition finds out.
 */
export async function inspectStage(options: {
  disk: Disk;
  trees: Trees;
  books: Books;
  reservations: Reservations;
  isActive: (jobId: string) => boolean;
  tenure: Pick<Tenure, 'isOthers' | 'owner'>;
  newId: () => string;
  /** A person has asked for it, and may have copied stage back to input. After a crash a twin in input is a file of its own. */
  byPerson: boolean;
}): Promise<StageFindings> {
  const { disk, trees, books, reservations, isActive, tenure, newId, byPerson } = options;
  const { stage } = trees;
  const pathOf = ({ tree, path }: Intent) => (path.startsWith('/') ? path : `${trees[tree]}/${path}`);
  const jobs: Job[] = [];

  /** An entry that lies where no job has put it gets a job of its own. */
  async function adopt(path: string, name: string): Promise<void> {
    const id = await moveToJob(disk, stage, path, name, newId, tenure.owner);
    if (id === undefined) return;
    await disk.syncFolder(`${stage}/${id}`);
    jobs.push({ id, name, repeated: true });
  }

  for (const id of (await disk.names(stage)).sort()) {
    if (isActive(id)) continue;
    const folder = `${stage}/${id}`;
    if ((await disk.look(folder))?.type !== 'folder') {
      if (!id.startsWith('.')) await adopt(folder, id);
      continue;
    }
    if (await tenure.isOthers(folder)) continue;
    const names = (await disk.names(folder)).filter((name) => name !== WORK && name !== OWNER).sort();
    const own = await ownName(folder, id, names);
    for (const name of names) if (name !== own) await adopt(`${folder}/${name}`, name);
    jobs.push({ id, name: own, repeated: true });
    reservations.reserve(id, books.intended(id).map(pathOf));
  }
  await disk.syncFolder(stage);
  jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { jobs, copies: byPerson ? await removeCopies(jobs) : [] };

  /** A job folder holds one file; where a person has put more, the job's own is the one that has its place already. */
  async function ownName(folder: string, id: string, names: readonly string[]): Promise<string> {
    const [intent] = names.length > 1 ? books.intended(id) : [];
    const placed = intent && (await disk.look(pathOf(intent)));
    for (const name of placed ? names : []) {
      if ((await disk.look(`${folder}/${name}`))?.inode === placed?.inode) return name;
    }
    return names[0] ?? '';
  }

  /**
   * A person who helped a stuck folder along has copied stage back to input: the same name with the same bytes is one
   * file, and the copy goes. It is no copy when anything differs.
   */
  async function removeCopies(staged: readonly Job[]): Promise<string[]> {
    const copies: string[] = [];
    for (const { id, name } of staged) {
      if (name === '') continue;
      const [own, twin] = [`${stage}/${id}/${name}`, `${trees.input}/${name}`];
      const [ownLook, twinLook] = [await disk.look(own), await disk.look(twin)];
      if (ownLook?.type !== 'file' || twinLook?.type !== 'file' || ownLook.size !== twinLook.size || ownLook.size === 0)
        continue;
      if ((await disk.digest(own)).sha256 !== (await disk.digest(twin)).sha256) continue;
      await disk.remove(twin);
      copies.push(name);
    }
    return copies;
  }
}
