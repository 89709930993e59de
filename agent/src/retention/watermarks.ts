import type { DiskSpace } from '../health/disk.ts';

/**
 * A mark of free room. In bytes it is the smaller of `bytes` and `percent` of the disk, so that one setting suits a card and a large disk
 * alike; in inodes the smaller of `inodes` and the same percent. A disk is below the mark when either runs short.
 */
export type Mark = { percent: number; bytes: number; inodes: number };

export type Marks = { clean: Mark; stopProcessing: Mark; skipCaptures: Mark };

/** The rungs of the disk-full ladder, in order. `clean` removes derivatives, then proved files. */
export const RUNGS = ['room', 'clean', 'stop-processing', 'skip-captures'] as const;
export type Rung = (typeof RUNGS)[number];

/** How much room a mark asks for on this disk. */
export function markOf({ totalBytes, totalInodes }: DiskSpace, mark: Mark): { bytes: number; inodes: number } {
  return {
    bytes: Math.min(mark.bytes, (totalBytes * mark.percent) / 100),
    inodes: totalInodes === null ? 0 : Math.min(mark.inodes, (totalInodes * mark.percent) / 100),
  };
}

/** What is missing of a mark, exceeded by so many percent; both 0 where there is room. */
export function shortfall(space: DiskSpace, mark: Mark, marginPercent: number): { bytes: number; inodes: number } {
  const { bytes, inodes } = markOf(space, mark);
  const margin = 1 + marginPercent / 100;
  return {
    bytes: Math.max(0, Math.ceil(bytes * margin) - space.freeBytes),
    inodes: space.freeInodes === null ? 0 : Math.max(0, Math.ceil(inodes * margin) - space.freeInodes),
  };
}

/**
 * The rung that a disk is on. A rung is reached below its mark, and left only when the room exceeds the mark by the margin: a disk that
 * hovers about a mark does not switch with every picture.
 */
export function rungOf(space: DiskSpace, marks: Marks, marginPercent: number, before: Rung): Rung {
  const was = RUNGS.indexOf(before);
  const levels = [marks.clean, marks.stopProcessing, marks.skipCaptures];
  let rung: Rung = 'room';
  for (const [index, mark] of levels.entries()) {
    const short = shortfall(space, mark, was > index ? marginPercent : 0);
    if (short.bytes > 0 || short.inodes > 0) rung = RUNGS[index + 1] as Rung;
  }
  return rung;
}
