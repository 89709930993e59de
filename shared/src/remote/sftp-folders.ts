import { VigieError } from '../kit/errors.ts';
import { printable } from '../kit/names.ts';
import { parentOf } from './remote-path.ts';
import type { Verbs } from './sftp-verbs.ts';

/** Where a destination keeps the assets of one source, as the server names it. */
export type Place = { root: string; folder: string };

/** The same, and what the server can tell of a file there: its digest, or undefined where it cannot. */
export type StorePlace = Place & { serverDigest: (path: string, size: number) => Promise<string | undefined> };

/** Throws `root-absent` unless the destination's root is a folder: a disk that is not mounted is not an empty one. */
export async function checkRoot(verbs: Verbs, { root }: Place): Promise<void> {
  const stat = await verbs.stat(root);
  if (stat?.isDirectory()) return;
  throw new VigieError('root-absent', `use root "${printable(root)}": there is no such folder at the destination`, {
    hint: 'Mount the disk or make the folder there; its root is never made by itself.',
  });
}

/** Makes a folder below the root with the parents that it needs. Others may do the same at the same time. */
export async function makeFolders(verbs: Verbs, place: Place, folder: string): Promise<void> {
  const above: string[] = [];
  for (let at = folder; at.length > place.root.length; at = parentOf(at)) above.push(at);
  const [, ...stats] = await Promise.all([checkRoot(verbs, place), ...above.map((at) => verbs.stat(at))]);
  const missing: string[] = [];
  for (const [n, at] of above.entries()) {
    const stat = stats[n];
    if (stat?.isDirectory()) break;
    if (stat) {
      throw new VigieError('conflict', `make folder "${printable(at)}": there is a file of this name`, {
        hint: 'Take the file away at the destination.',
      });
    }
    missing.push(at);
  }
  for (const at of missing.reverse()) {
    try {
      await verbs.makeFolder(at);
    } catch (error) {
      // Another connection was faster; anything else is told.
      if (!(await verbs.stat(at))?.isDirectory()) throw error;
    }
  }
}
