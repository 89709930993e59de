import { randomUUID } from 'node:crypto';
import { link, mkdir, rename, rmdir } from 'node:fs/promises';
import type { Books } from '@vigie/agent/watched-folder/books';
import { type Disk, localDisk } from '@vigie/agent/watched-folder/disk';
import { bytesOf } from '@vigie/shared/kit/names';

/** Where and how the machine dies: right after the `at`th step that changes something. */
export type CrashPlan = {
  at: number;
  /** `kill`: the process dies. `cut`: the power goes, and all changes of names that no flush has covered are lost. */
  how: 'kill' | 'cut';
};

export type CrashingMachine = {
  disk: Disk;
  books: Books;
  /** Steps so far. */
  steps(): number;
  hasCrashed(): boolean;
  /** After the crash: takes back what a power cut takes back. */
  settle(): Promise<void>;
};

const CHANGES = ['makeNewFolder', 'rename', 'linkNew', 'remove', 'removeEmpty', 'removeWork', 'appendLine'] as const;

/**
 * The engine's two ports with a crash built in. Steps are counted over both; from the crash on every call fails, as
 * nothing of a dead process goes on. Entries of folders are kept apart from their flushes, each with a way back.
 *
 * @param spare a folder on the same file system for files whose removal may be taken back
 */
export function crashingMachine(options: {
  plan: CrashPlan;
  books: Books;
  spare: string;
  disk?: Disk;
}): CrashingMachine {
  const { plan, spare } = options;
  const disk = localDisk;
  let steps = 0;
  let crashed = false;
  let undone: { folder: string; back: () => Promise<unknown> }[] = [];
  const parent = (path: string) => path.slice(0, path.lastIndexOf('/'));

  function alive(): void {
    if (crashed) throw new Error('the machine is dead');
  }

  function step(): void {
    steps += 1;
    crashed ||= steps === plan.at;
    alive();
  }

  async function wayBack(name: (typeof CHANGES)[number], path: string, to: string): Promise<() => Promise<unknown>> {
    if (name === 'makeNewFolder') return () => rmdir(bytesOf(path));
    if (name === 'rename') return () => rename(bytesOf(to), bytesOf(path));
    if (name === 'removeEmpty') return () => mkdir(bytesOf(path));
    if (name !== 'remove' || (await localDisk.look(path))?.type !== 'file') return async () => undefined;
    const grave = `${spare}/${randomUUID()}`;
    await link(bytesOf(path), bytesOf(grave));
    return () => link(bytesOf(grave), bytesOf(path));
  }

  const wrapped: Disk = { ...disk };
  for (const name of ['names', 'look', 'lookAll', 'digest', 'tail', 'makeFolder', 'copyNew'] as const) {
    wrapped[name] = ((...args: [never, never]) => {
      alive();
      return disk[name](...args);
    }) as never;
  }
  for (const name of CHANGES) {
    wrapped[name] = (async (path: string, to: string) => {
      alive();
      const back = await wayBack(name, path, to);
      const result = await disk[name](path as never, to as never);
      if (name !== 'linkNew' && name !== 'appendLine')
        undone.push({ folder: parent(name === 'rename' ? to : path), back });
      step();
      return result;
    }) as never;
  }
  wrapped.syncFolder = async (folder) => {
    alive();
    await disk.syncFolder(folder);
    undone = undone.filter((change) => change.folder !== folder);
  };

  const books: Books = { ...options.books };
  for (const name of ['intend', 'filed', 'closed', 'rejected'] as const) {
    books[name] = ((...args: [never, never]) => {
      alive();
      options.books[name](...args);
      step();
    }) as never;
  }
  books.intended = (jobId) => {
    alive();
    return options.books.intended(jobId);
  };

  return {
    disk: wrapped,
    books,
    steps: () => steps,
    hasCrashed: () => crashed,
    async settle() {
      if (plan.how === 'kill') return;
      for (const { back } of undone.reverse()) {
        // A change whose surroundings a flush has made lasting, or a later change has overtaken, cannot be taken back.
        await back().catch((error: NodeJS.ErrnoException) => {
          if (!['ENOTEMPTY', 'ENOENT', 'EEXIST'].includes(error.code ?? '')) throw error;
        });
      }
    },
  };
}
