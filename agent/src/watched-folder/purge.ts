import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { z } from 'zod';
import type { Disk, Look } from './disk.ts';
import type { Trees } from './trees.ts';

/** Days after which files of a tree go; −1: never. 0 would take everything at once, and is easily meant as "off": it is refused. */
const days = z
  .int()
  .refine((value) => value === NEVER || (value >= 1 && value <= 36_500), '-1 (never) or 1 to 36500 days are allowed');
const NEVER = -1;

/** How long each tree keeps its files, in days. */
export const purgeConfig = z.strictObject({
  result: days.default(NEVER),
  preserve: days.default(NEVER),
  failure: days.default(NEVER),
});
export type PurgeConfig = z.infer<typeof purgeConfig>;

/** An old file; `path` is below its tree. */
export type OldFile = {
  tree: keyof PurgeConfig;
  path: string;
  look: Pick<Look, 'type' | 'size' | 'modifiedAt' | 'changedAt'>;
};

/** Who may delete a file gets the act with it: nothing here deletes by itself. `removed` is false where it stayed after all. */
export type Permission = { keep: string } | { remove: () => Promise<{ removed: boolean }> };

/** May this file go? It decides on proof, not on age: a file that no destination has proved stays. */
export type MayDelete = (file: OldFile) => Promise<Permission>;

/** `kept` are old files that may not go; `folders` are empty ones that went. */
export type PurgeOutcome = { removed: number; bytes: number; folders: number; kept: number };

/**
 * Takes away what is older than its tree allows. The age of a file is now − the later of its modification and its change; a file of
 * exactly so many days stays, one a millisecond older goes. A folder goes when it is empty and as old. Other file systems are not entered,
 * links not followed, and no tree but the three is looked at.
 */
export function createPurge(options: {
  disk: Pick<Disk, 'names' | 'look' | 'removeEmpty'>;
  trees: Pick<Trees, 'result' | 'preserve' | 'failure'>;
  settings: PurgeConfig;
  mayDelete: MayDelete;
  clock: Clock;
  log: Log;
}): { run(signal?: AbortSignal): Promise<PurgeOutcome> } {
  const { disk, trees, settings, mayDelete, clock, log } = options;

  /** Old files and, children before their parents, old folders of a tree. */
  async function gather(tree: keyof PurgeConfig, now: number, signal?: AbortSignal): Promise<Old> {
    const old: Old = { files: [], folders: [] };
    const limit = settings[tree] * DAY_MS;
    const isOld = (look: Look): boolean => now - Math.max(look.modifiedAt, look.changedAt) > limit;
    const top = await disk.look(trees[tree]);

    async function visit(below: string): Promise<void> {
      const folder = below === '' ? trees[tree] : `${trees[tree]}/${below}`;
      for (const name of (await disk.names(folder)).sort()) {
        if (signal?.aborted || old.files.length >= FILES_MAX) return;
        const path = below === '' ? name : `${below}/${name}`;
        const look = await disk.look(`${trees[tree]}/${path}`);
        if (!look || look.device !== top?.device) continue;
        if (look.type === 'folder') {
          await visit(path);
          // Told before its files go, since that changes it: today's folder, in which a file is about to arrive, is not old.
          if (isOld(look)) old.folders.push(`${trees[tree]}/${path}`);
        } else if (isOld(look)) old.files.push({ tree, path, look });
      }
    }
    if (top?.type === 'folder') await visit('');
    return old;
  }

  async function remove(file: OldFile, outcome: PurgeOutcome): Promise<void> {
    const permission = await mayDelete(file);
    const removed = 'remove' in permission && (await permission.remove()).removed;
    if (!removed) outcome.kept += 1;
    else {
      outcome.removed += 1;
      outcome.bytes += file.look.type === 'file' ? file.look.size : 0;
    }
  }

  return {
    async run(signal) {
      const outcome: PurgeOutcome = { removed: 0, bytes: 0, folders: 0, kept: 0 };
      const now = clock.now();
      const told = (tree: string, error: unknown) =>
        log.warn({ tree, code: codeOf(error) }, `the purge could not go through: ${messageOf(error)}`);
      // All is listed before anything goes: a name that goes changes the file's other name, which would be young again.
      const old: Old = { files: [], folders: [] };
      for (const tree of ['result', 'preserve', 'failure'] as const) {
        if (settings[tree] === NEVER) continue;
        try {
          const { files, folders } = await gather(tree, now, signal);
          old.files.push(...files);
          old.folders.push(...folders);
        } catch (error) {
          told(tree, error);
        }
      }
      for (const file of old.files) {
        if (signal?.aborted) return outcome;
        await remove(file, outcome).catch((error: unknown) => told(file.tree, error));
      }
      for (const folder of old.folders) {
        if (signal?.aborted) return outcome;
        if (await disk.removeEmpty(folder)) outcome.folders += 1;
      }
      if (outcome.removed + outcome.folders > 0) log.info(outcome, 'old files were purged');
      return outcome;
    },
  };
}

type Old = { files: OldFile[]; folders: string[] };
/** Of one tree in one run; the others follow in the next. */
const FILES_MAX = 50_000;
const DAY_MS = 86_400_000;
