import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, isAsRead, isUtf8, nameOf } from '@vigie/shared/kit/names';

/** One folder, without what lies in its subfolders; its sound files in columns. `odd` is what is no regular file. */
export type FolderColumns = {
  names: string[];
  sizes: number[];
  modifiedAt: number[];
  odd: { name: string; unreadable: string }[];
  folders: string[];
};

/** Reads a folder with blocking calls; `folder` is relative and ends in `/`, or is empty for the root. Throws `listing`. */
export function listFolder(root: string, folder: string): FolderColumns {
  const found: FolderColumns = { names: [], sizes: [], modifiedAt: [], odd: [], folders: [] };
  const place = `${root}/${folder}`;
  const isPlain = isUtf8(place);
  try {
    // Without the kind of each name: for a file it is told with the size, and folders are few.
    for (const name of namesIn(place)) {
      const stat = lstatSync(isPlain && isUtf8(name) ? place + name : bytesOf(place + name), { throwIfNoEntry: false });
      // It went away since the folder was read: then it is not there.
      if (stat === undefined) continue;
      if (stat.isFile()) {
        found.names.push(name);
        found.sizes.push(stat.size);
        found.modifiedAt.push(Math.trunc(stat.mtimeMs));
      } else if (stat.isDirectory()) found.folders.push(name);
      else found.odd.push({ name, unreadable: `${kindOf(stat)}, not a regular file` });
    }
  } catch (error) {
    throw new VigieError('listing', `list folder ${JSON.stringify(place)}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Nothing can be said about a side that cannot be read whole.',
    });
  }
  return found;
}

/** Text is faster than bytes; a folder with names that are not UTF-8 is read again as bytes. */
function namesIn(place: string): string[] {
  const path = isUtf8(place) ? place : bytesOf(place);
  const plain = readdirSync(path);
  if (plain.every(isAsRead)) return plain;
  return readdirSync(path, { encoding: 'buffer' }).map(nameOf);
}

function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  if (stat.isFIFO()) return 'a named pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}
