import type { MayDelete, OldFile } from '../watched-folder/purge.ts';
import type { Deletion } from './deletion.ts';
import type { KeptDisk } from './kept-disk.ts';
import { createPreserved, type Lone } from './preserved.ts';
import type { Proof } from './proof.ts';
import type { KeptAsset, Shelf } from './shelf.ts';

/** How the purge of a picture source asks: a file goes by the ledger's proof alone, through the one deletion. */
export function ledgerPermission(options: {
  source: string;
  /** Absolute path of the watched folder. */
  root: string;
  shelf: Shelf;
  disk: KeptDisk;
  deletion: Deletion;
  judge: (asset: KeptAsset) => Proof;
  withResult: boolean;
}): MayDelete {
  const { source, root, shelf, disk, deletion, judge, withResult } = options;
  const isProved = (asset: KeptAsset): boolean => judge(asset).proved;
  const digests = new Map<string, string>();
  const keep = (reason: string) => ({ keep: reason });

  const remove = (asset: KeptAsset, name: string, isWhole: boolean, file: { size: number; modifiedAt: number }) => ({
    async remove() {
      const { size, modifiedAt } = file;
      const candidate = { asset, isWhole, names: [name], size, modifiedAt, agedAt: modifiedAt };
      const { count } = await deletion.remove([candidate], 'its time was over');
      return { removed: count > 0 };
    },
  });

  async function ofResult({ path }: OldFile) {
    const asset = shelf.at(source, path);
    if (!asset) return keep('the ledger does not know it');
    const proof = judge(asset);
    if (!proof.proved) return keep(proof.reason);
    if (!asset.isHeld) return keep('its job has not ended');
    return remove(asset, `result/${path}`, true, asset);
  }

  /** Told by its other name in result where it has one there, else by its bytes. */
  async function ofPreserve({ path, look }: OldFile) {
    const name = `preserve/${path}`;
    const own = await disk.look(`${root}/${name}`);
    if (!own) return keep('it is gone');
    const lone: Lone = { name, size: look.size, modifiedAt: own.modifiedAt };
    const twin = own.links > 1 ? await disk.look(`${root}/result/${path}`) : undefined;
    if (twin && twin.inode === own.inode && twin.device === own.device) {
      const asset = shelf.at(source, path);
      // Its figures are the asset's: a file that somebody has written to since is another one.
      return asset && isProved(asset) ? remove(asset, name, false, asset) : keep('no destination has proved it');
    }
    const preserved = createPreserved({ source, root, shelf, disk, isProved, withResult, digests });
    const asset = shelf.hasSize(source, look.size) ? await preserved.provenBy(lone) : undefined;
    return asset ? remove(asset, name, false, lone) : keep('no destination has proved it');
  }

  return async (file) => {
    if (file.look.type === 'special' || (file.tree === 'failure' && file.path.split('/').at(-1) === 'failure.log')) {
      return plain(deletion, `${root}/${file.tree}/${file.path}`);
    }
    if (file.tree === 'result') return ofResult(file);
    if (file.tree === 'preserve') return ofPreserve(file);
    return keep('what is in failure is owed to no destination, so none has proved it');
  };
}

/** How the purge of a folder asks that delivers to nobody: its files go by age alone. `treeOf` gives a tree's absolute path. */
export const freePermission =
  (options: { deletion: Pick<Deletion, 'removePlain'>; treeOf: (tree: OldFile['tree']) => string }): MayDelete =>
  async ({ tree, path }) =>
    plain(options.deletion, `${options.treeOf(tree)}/${path}`);

const plain = (deletion: Pick<Deletion, 'removePlain'>, path: string) => ({
  async remove() {
    await deletion.removePlain(path);
    return { removed: true };
  },
});
