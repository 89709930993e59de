import type { KeptDisk, KeptLook } from './kept-disk.ts';
import type { KeptAsset, Shelf } from './shelf.ts';

/** A file in preserve that has no other name. */
export type Lone = { name: string; size: number; modifiedAt: number };

/**
 * What lies in the preserve tree of one source. Most of it are second names of results, which cost no space and go with them; the
 * others are originals of which something else was made, or whose result has been purged.
 */
export type Preserved = {
  /** Further names (below the root) of the file that an asset has in result. */
  namesOf(asset: Pick<KeptAsset, 'path'>): Promise<string[]>;
  /** Files without another name whose bytes the ledger may know, oldest first. */
  lone(): Promise<Lone[]>;
  /**
   * The asset by whose proof a lone file may go: one with the same bytes, or, where the policy lets originals go with their results, one
   * made of it. Undefined when the ledger has none, or none is proved.
   */
  provenBy(lone: Lone): Promise<KeptAsset | undefined>;
};

export function createPreserved(options: {
  source: string;
  /** Absolute path of the watched folder. */
  root: string;
  shelf: Pick<Shelf, 'withBytes' | 'madeFrom' | 'hasSize'>;
  disk: Pick<KeptDisk, 'names' | 'look' | 'digest'>;
  isProved: (asset: KeptAsset) => boolean;
  withResult: boolean;
  /** Digests by inode, size and time, which are taken once for as long as the agent runs. */
  digests: Map<string, string>;
}): Preserved {
  const { source, root, shelf, disk, digests } = options;
  let walked: { lone: Lone[]; linked: Map<bigint, string[]> } | undefined;

  /** The whole tree; links are not followed, and other file systems not entered. */
  async function walk(): Promise<{ lone: Lone[]; linked: Map<bigint, string[]> }> {
    const lone: Lone[] = [];
    const linked = new Map<bigint, string[]>();
    const top = await disk.look(`${root}/preserve`);
    const folders = top?.type === 'folder' ? ['preserve'] : [];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const child of await disk.names(`${root}/${folder}`)) {
        const name = `${folder}/${child}`;
        const look = await disk.look(`${root}/${name}`);
        if (!look || look.device !== top?.device) continue;
        if (look.type === 'folder') folders.push(name);
        else if (look.type === 'file' && look.links > 1)
          linked.set(look.inode, [...(linked.get(look.inode) ?? []), name]);
        else if (look.type === 'file' && look.size > 0 && shelf.hasSize(source, look.size))
          lone.push({ name, size: look.size, modifiedAt: look.modifiedAt });
      }
    }
    lone.sort((a, b) => a.modifiedAt - b.modifiedAt);
    return { lone, linked };
  }

  async function digestOf(lone: Lone): Promise<string | undefined> {
    const look = await disk.look(`${root}/${lone.name}`);
    if (look?.type !== 'file' || look.size !== lone.size) return undefined;
    const key = `${look.device}/${look.inode}/${look.size}/${look.modifiedAt}`;
    const known = digests.get(key) ?? (await disk.digest(`${root}/${lone.name}`));
    if (digests.size >= DIGESTS_MAX) digests.clear();
    digests.set(key, known);
    return known;
  }

  return {
    async namesOf({ path }) {
      const own = await disk.look(`${root}/result/${path}`);
      if (!own || own.links < 2) return [];
      // With the usual patterns it has the same name in both trees.
      const usual = `preserve/${path}`;
      if (own.links === 2 && isSame(own, await disk.look(`${root}/${usual}`))) return [usual];
      walked ??= await walk();
      return walked.linked.get(own.inode) ?? [];
    },
    async lone() {
      walked ??= await walk();
      return walked.lone;
    },
    async provenBy(lone) {
      const sha256 = await digestOf(lone);
      if (sha256 === undefined) return undefined;
      const bytes = { size: lone.size, sha256 };
      const own = shelf.withBytes(source, bytes).find(options.isProved);
      if (own || !options.withResult) return own;
      const made = shelf.madeFrom(source, bytes);
      return made.length > 0 && made.every(options.isProved) ? made[0] : undefined;
    },
  };
}

const DIGESTS_MAX = 100_000;
const isSame = (a: KeptLook, b: KeptLook | undefined): boolean =>
  b !== undefined && a.device === b.device && a.inode === b.inode;
