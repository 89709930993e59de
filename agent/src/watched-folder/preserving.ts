import { contentOf } from './candidate.ts';
import type { Look } from './disk.ts';
import { isSameFolder } from './folder-copy.ts';
import type { Job, JobContext } from './job.ts';
import { freeFolder, moveFolder } from './job-folder.ts';
import { placeUnder } from './place.ts';
import { joinedPath, type PlaceFacts, placeOf } from './place-pattern.ts';

/** Keeps a job's original: a file gets a further name, which costs no space; a folder moves. */
export function createPreserving(
  context: JobContext,
): (job: Job, look: Look, pattern: string, facts: PlaceFacts) => Promise<void> {
  const { trees, settings, disk } = context;
  const fileOf = (job: Job) => `${trees.stage}/${job.id}/${job.name}`;

  async function preserve(job: Job, look: Look, pattern: string, facts: PlaceFacts): Promise<void> {
    const to = placeOf(pattern, facts, job.name);
    const folder = joinedPath(trees.preserve, to.folder);
    if (look.type === 'folder') {
      await disk.makeFolder(folder);
      const target = `${folder}/${to.name}`;
      const content = await contentOf(disk, fileOf(job));
      const replaces = settings.overwriteDuplicates && (await disk.look(target))?.type === 'folder';
      // On another file system a crash may have left the copy and the folder.
      if (job.repeated && (await isSameFolder(disk, content, fileOf(job), target))) return;
      if (!replaces) {
        const free = await freeFolder(context, job.id, folder, to.name);
        return moveFolder(disk, content, { from: fileOf(job), to: free, jobId: job.id });
      }
      for (const path of content.folders) await disk.makeFolder(`${target}/${path}`);
      for (const { path } of content.files) await disk.replaceWith(`${fileOf(job)}/${path}`, `${target}/${path}`);
      return;
    }
    if (job.repeated && (await isPreserved(job, folder, to.name))) return;
    if (settings.overwriteDuplicates) {
      await disk.makeFolder(folder);
      return disk.replaceWith(fileOf(job), `${folder}/${to.name}`);
    }
    await placeUnder({ disk, file: fileOf(job), folder, name: to.name });
  }

  async function isPreserved(job: Job, folder: string, name: string): Promise<boolean> {
    const own = await disk.look(fileOf(job));
    if (!own || !(await disk.look(folder))) return false;
    const dot = name.lastIndexOf('.');
    const stem = name.slice(0, Math.min(dot > 0 ? dot : name.length, 40));
    for (const other of await disk.names(folder)) {
      if (!other.startsWith(stem)) continue;
      const look = await disk.look(`${folder}/${other}`);
      if (look && isSame(look, own)) return true;
      // A copy on another file system is told by its bytes.
      if (look?.type !== 'file' || look.device === own.device || look.size !== own.size) continue;
      if ((await disk.digest(`${folder}/${other}`)).sha256 === (await disk.digest(fileOf(job))).sha256) return true;
    }
    return false;
  }

  return preserve;
}

const isSame = (a: Look, b: Look): boolean => a.device === b.device && a.inode === b.inode;
