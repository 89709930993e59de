import { CLASSES, type Unmatched, type UnmatchedClass } from '@vigie/shared/protocol/report';

export type ClassCounts = Record<UnmatchedClass, number>;

/**
 * What has changed from one list of unmatched assets to the next, counted by class. An asset whose class has changed is gone
 * from the old one and has appeared in the new one.
 */
export type SinceLast = {
  /** In this list, and not of this class in the one before. */
  appeared: ClassCounts;
  /** In the list before, and no longer of that class: it matches, it has another class, or neither side holds it any more. */
  gone: ClassCounts;
  /** In both, in the same class. */
  stayed: ClassCounts;
};

/** Walks along two lists at once: the one before is told entry by entry, and never held. */
export type SinceLastCount = {
  /** Entries of the list before, in the order of `Unmatched` lists: by path, in UTF-16 code units. */
  before(entry: Pick<Unmatched, 'path' | 'class'>): void;
  /** Called once, after the last of them. `isNew` holds for entries of the present list, by their index. */
  finish(): SinceLast & { isNew: (index: number) => boolean };
};

/**
 * @param list the present list, in that order
 * @param isComparable false for paths that one of the two reports did not look at: they are neither new nor gone
 */
export function countSinceLast(
  list: readonly Pick<Unmatched, 'path' | 'class'>[],
  isComparable: (path: string) => boolean = () => true,
): SinceLastCount {
  const counts: SinceLast = { appeared: noCounts(), gone: noCounts(), stayed: noCounts() };
  const fresh = new Uint8Array(list.length);
  let next = 0;
  let last: string | undefined;

  const appear = (index: number): void => {
    const { path, class: name } = list[index] as (typeof list)[number];
    if (!isComparable(path)) return;
    counts.appeared[name] += 1;
    fresh[index] = 1;
  };

  return {
    before({ path, class: name }) {
      if (last !== undefined && path <= last) {
        throw new Error(`count what is new: the list before is not in order, ${JSON.stringify(path)} comes too late`);
      }
      last = path;
      for (; next < list.length && (list[next] as (typeof list)[number]).path < path; next++) appear(next);
      const here = list[next];
      const isHere = here !== undefined && here.path === path;
      if (isHere && here.class === name) {
        if (isComparable(path)) counts.stayed[name] += 1;
        next += 1;
        return;
      }
      if (isComparable(path)) counts.gone[name] += 1;
      if (isHere) appear(next++);
    },
    finish() {
      for (; next < list.length; next++) appear(next);
      return { ...counts, isNew: (index) => fresh[index] === 1 };
    },
  };
}

const noCounts = (): ClassCounts => Object.fromEntries(CLASSES.map((name) => [name, 0])) as ClassCounts;
