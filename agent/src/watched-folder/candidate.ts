import { printable } from '@vigie/shared/kit/names';
import type { Disk, Look } from './disk.ts';
import { matcherOf } from './glob.ts';
import { isIgnored } from './ignored.ts';
import { nameFault } from './names.ts';

/** What was found below a folder: its regular files, as paths below it, sorted; and what is no regular file or folder. */
export type FolderContent = { files: { path: string; look: Look }[]; specials: string[]; folders: string[] };

/** Walks a folder without following links. A folder with more than `ENTRIES_MAX` entries is refused with `RangeError`. */
export async function contentOf(disk: Disk, folder: string): Promise<FolderContent> {
  const content: FolderContent = { files: [], specials: [], folders: [] };
  const waiting = [''];
  for (let below = waiting.shift(); below !== undefined; below = waiting.shift()) {
    for (const name of await disk.names(below === '' ? folder : `${folder}/${below}`)) {
      const path = below === '' ? name : `${below}/${name}`;
      const look = await disk.look(`${folder}/${path}`);
      if (look?.type === 'file') content.files.push({ path, look });
      else if (look?.type === 'folder') {
        content.folders.push(path);
        waiting.push(path);
      } else if (look) content.specials.push(path);
    }
    if (content.files.length + content.folders.length > ENTRIES_MAX) {
      throw new RangeError(`folder ${JSON.stringify(folder)}: more than ${ENTRIES_MAX} entries`);
    }
  }
  content.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return content;
}

const ENTRIES_MAX = 100_000;

/** A claimed file or folder as its job sees it; `fault` is why it goes to failure before any operation. */
export type Candidate = {
  type: 'file' | 'folder';
  look: Look;
  /** Paths below the folder; the empty path alone for a file. */
  files: string[];
  /** Changes when anything in it changes. */
  signature: string;
  fault: string | undefined;
};

/** @param rules of the watched folder: which files of a folder belong to the job, and what is done with read-only ones */
export async function candidateOf(
  disk: Disk,
  file: string,
  name: string,
  look: Look,
  rules: { files: string; ignore: boolean; readOnly: 'take' | 'fail'; empty: 'take' | 'fail' },
): Promise<Candidate> {
  const readOnly = (one: Look) => rules.readOnly === 'fail' && !one.writable;
  if (look.type === 'file') {
    const fault =
      nameFault(name) ??
      (look.size === 0 && rules.empty === 'fail' ? 'the file is empty; a file with bytes is taken here' : undefined) ??
      (readOnly(look) ? 'the file is read-only; files that may be written are taken' : undefined);
    return { type: 'file', look, files: [''], signature: signatureOf('', look), fault };
  }
  const { files, specials } = await contentOf(disk, file);
  const belongs = matcherOf(rules.files);
  const base = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const own = files.filter(({ path }) => belongs(base(path)) && !isIgnored(base(path), rules.ignore));
  const faulty = own.map(({ path, look: one }) => {
    const fault = path.split('/').map(nameFault).find(Boolean);
    return fault ?? (readOnly(one) ? `${printable(path)} is read-only` : undefined);
  });
  const fault =
    nameFault(name) ??
    (specials.length > 0
      ? `${printable(specials[0] as string)} is no regular file (a link, FIFO, socket or device)`
      : undefined) ??
    (own.length === 0 ? 'the folder holds no file of the job; one or more are needed' : undefined) ??
    faulty.find(Boolean);
  const signature = files.map(({ path, look: one }) => signatureOf(path, one)).join('\n');
  return { type: 'folder', look, files: own.map(({ path }) => path), signature, fault };
}

const signatureOf = (path: string, { inode, size, modifiedAt }: Look): string =>
  `${path}\0${inode}\0${size}\0${modifiedAt}`;
