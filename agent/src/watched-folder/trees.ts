import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { COPY, type Disk } from './disk.ts';

/** The five trees of a watched folder, as absolute paths, and the files of its root. */
export type Trees = ReturnType<typeof treesOf>;

export const TREES = ['input', 'stage', 'result', 'preserve', 'failure'] as const;

/** That the storage is there is told by this file: a mount point without its storage does not have it. */
export const MARKER = '.vigie-folder';

/** @param intake where files are dropped: in `input`, or in the root beside the other trees */
export const treesOf = (root: string, intake: 'input' | 'root' = 'input') => ({
  root,
  marker: `${root}/${MARKER}`,
  lock: `${root}/.vigie-lock`,
  input: intake === 'root' ? root : `${root}/input`,
  stage: `${root}/stage`,
  result: `${root}/result`,
  preserve: `${root}/preserve`,
  failure: `${root}/failure`,
});

/**
 * Makes what is missing of a watched folder. A folder that had its marker before is never made anew: its storage is absent then.
 *
 * @param known was the marker ever seen?
 */
export async function prepareTrees(disk: Disk, trees: Trees, known: boolean): Promise<void> {
  if ((await disk.look(trees.marker)) === undefined) {
    if (known) throw storageAbsent(trees);
    await disk.makeFolder(trees.root);
    for (const tree of TREES) await disk.makeFolder(trees[tree]);
    await disk.appendLine(trees.marker, 'This is a watched folder of Vigie. Without this file it counts as absent.');
  }
  for (const tree of TREES) await disk.makeFolder(trees[tree]);
}

export function storageAbsent({ root, marker }: Trees): VigieError {
  return new VigieError('storage-absent', `open watched folder ${JSON.stringify(root)}: ${MARKER} is not there`, {
    retryable: true,
    hint: `Mount the storage again. If it was emptied on purpose, make the file ${marker} by hand.`,
  });
}

/**
 * Shows before the first scan that files can be written, moved between all trees and deleted again. Otherwise the same
 * file would be picked for ever. `sweep` takes away what a crash has left before, which needs the folder for oneself. `folder-split` when the trees do not lie on one file system, `folder-not-movable` for the rest.
 */
export async function probeTrees(
  disk: Disk,
  trees: Trees,
  { token, sweep }: { token: string; sweep: boolean },
): Promise<void> {
  const name = `${PROBE}${token}`;
  let path = `${trees.input}/${name}`;
  let tree: string = 'input';
  try {
    if (sweep) await sweepProbes(disk, trees);
    await disk.appendLine(path, 'probe');
    for (tree of ['stage', 'result', 'preserve', 'failure'] as const) {
      const next = `${trees[tree as 'stage']}/${name}`;
      await disk.rename(path, next);
      path = next;
    }
    const twin = `${trees.result}/${name}`;
    await disk.linkNew(path, twin);
    await disk.remove(twin);
    await disk.remove(path);
  } catch (error) {
    // The first error tells more; what cannot be swept now, the next attempt sweeps.
    if (sweep) await sweepProbes(disk, trees).catch(() => undefined);
    if (isSystemError(error, 'EXDEV')) {
      throw new VigieError(
        'folder-split',
        `move a file into ${JSON.stringify(trees[tree as 'stage'])}: it lies on another file system`,
        {
          cause: error,
          hint: 'input, stage, result, preserve and failure must lie on one file system; no mount point may be among them.',
        },
      );
    }
    throw new VigieError(
      'folder-not-movable',
      `write, move and delete a file in ${JSON.stringify(trees[tree as 'stage'])}: refused`,
      {
        cause: error,
        retryable: true,
        hint: 'The agent needs the right to write in input, stage, result, preserve and failure, and free space.',
      },
    );
  }
}

const PROBE = '.vigie-probe-';

/** What a crash left of probes, of copies into input and of attempts at the lock. The lock must be held. */
async function sweepProbes(disk: Disk, trees: Trees): Promise<void> {
  for (const name of await disk.names(trees.root)) {
    if (/^\.vigie-lock\.[0-9a-f]{12}\.part$/.test(name)) await disk.remove(`${trees.root}/${name}`);
  }
  for (const tree of TREES) {
    for (const name of await disk.names(trees[tree])) {
      if (name.startsWith(PROBE) || name.startsWith(COPY)) await disk.remove(`${trees[tree]}/${name}`);
    }
  }
}
