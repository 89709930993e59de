import type { KeptDisk } from '@vigie/agent/retention/kept-disk';

/** The power is off: nothing of this life goes on. */
export class PowerCut extends Error {}

/** A file whatever its names; `content` says what its bytes are. */
export type Inode = { id: number; size: number; modifiedAt: number; content: string };

/**
 * A disk in memory, with hard links, a limit of bytes and of inodes, and a power that fails at a chosen step. A removed name that was not
 * flushed may be back after the cut.
 */
export function diskModel(total: { bytes: number; inodes: number }) {
  const names = new Map<string, Inode>();
  const unflushed: { path: string; inode: Inode }[] = [];
  let number = 0;
  let steps = Number.POSITIVE_INFINITY;
  let removing: (path: string, inode: Inode) => void = () => undefined;
  /** Taken by somebody else. */
  let foreign = 0;

  const inodes = () => new Set(names.values());
  const used = () => [...inodes()].reduce((sum, { size }) => sum + size, foreign);
  const linksOf = (inode: Inode) => [...names.values()].filter((other) => other === inode).length;
  const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

  function step(): void {
    if (steps <= 0) throw new PowerCut();
    steps -= 1;
  }

  const disk: KeptDisk = {
    async names(folder) {
      step();
      const below = `${folder}/`;
      const found = new Set<string>();
      for (const path of names.keys())
        if (path.startsWith(below)) found.add(path.slice(below.length).split('/')[0] as string);
      return [...found];
    },
    async look(path) {
      step();
      const inode = names.get(path);
      const looks = { modifiedAt: 0, changedAt: 0, device: 1n, inode: 0n, links: 1, size: 0 };
      if (inode) {
        const { size, modifiedAt, id } = inode;
        const links = linksOf(inode);
        return { ...looks, type: 'file', size, modifiedAt, changedAt: modifiedAt, inode: BigInt(id), links };
      }
      return [...names.keys()].some((name) => name.startsWith(`${path}/`)) ? { ...looks, type: 'folder' } : undefined;
    },
    async remove(path) {
      step();
      const inode = names.get(path);
      if (!inode) return;
      removing(path, inode);
      names.delete(path);
      unflushed.push({ path, inode });
    },
    async syncFolder(path) {
      step();
      for (let i = unflushed.length - 1; i >= 0; i--) {
        if (parentOf(unflushed[i]?.path ?? '') === path) unflushed.splice(i, 1);
      }
    },
    async digest(path) {
      step();
      const inode = names.get(path);
      if (!inode) throw new Error(`digest of ${path}: nothing is there`);
      return inode.content;
    },
  };

  return {
    disk,
    step,
    write(path: string, file: Omit<Inode, 'id'>): Inode {
      const inode = { id: ++number, ...file };
      names.set(path, inode);
      return inode;
    },
    link(path: string, inode: Inode) {
      names.set(path, inode);
    },
    at: (path: string) => names.get(path),
    holds: (content: string) => [...names.values()].some((inode) => inode.content === content),
    foreign(bytes: number) {
      foreign = Math.max(0, Math.min(bytes, total.bytes - (used() - foreign)));
    },
    space: () => ({
      freeBytes: Math.max(0, total.bytes - used()),
      totalBytes: total.bytes,
      freeInodes: Math.max(0, total.inodes - inodes().size),
      totalInodes: total.inodes,
    }),
    onRemove(watch: typeof removing) {
      removing = watch;
    },
    cutAfter(count: number) {
      steps = count;
    },
    /** The power is back: what was not flushed may be there again. */
    restart(isBack: () => boolean) {
      steps = Number.POSITIVE_INFINITY;
      for (const { path, inode } of unflushed.splice(0)) if (isBack() && !names.has(path)) names.set(path, inode);
    },
  };
}
