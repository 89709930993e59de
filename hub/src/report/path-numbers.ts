/** Paths as small whole numbers, 0 for the first, so that what is known of them fits into columns. */
export type PathNumbers = {
  /** How many paths there are. */
  readonly used: number;
  /** The names of a folder, which is empty or ends in `/`. */
  within(folder: string): Map<string, number>;
  /** The number of a name in such a folder: the next free one when it is new. */
  of(within: Map<string, number>, name: string): number;
  each(visit: (folder: string, name: string, number: number) => void): void;
};

/**
 * One small map a folder: listings come folder by folder, so that the map in use stays in the processor's cache. One map of a
 * million paths takes twice as long.
 */
export function createPathNumbers(): PathNumbers {
  const folders = new Map<string, Map<string, number>>();
  let used = 0;
  return {
    get used() {
      return used;
    },
    within(folder) {
      const known = folders.get(folder);
      if (known !== undefined) return known;
      const within = new Map<string, number>();
      folders.set(folder, within);
      return within;
    },
    of(within, name) {
      const known = within.get(name);
      if (known !== undefined) return known;
      within.set(name, used);
      return used++;
    },
    each(visit) {
      for (const [folder, within] of folders) for (const [name, number] of within) visit(folder, name, number);
    },
  };
}
