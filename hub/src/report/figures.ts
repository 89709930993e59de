import { kindOf } from '@vigie/shared/protocol/asset';
import { type Amount, CLASSES, type Figures, type Totals } from '@vigie/shared/protocol/report';

/** The kinds that reports sum; videos and sidecars count as other. */
export const FIGURE_KINDS = ['jpg', 'raw', 'other'] as const;
export type FigureKind = (typeof FIGURE_KINDS)[number];

/** The column of a report in which an asset counts, by its extension. */
export function figureKindOf(path: string): FigureKind {
  const kind = kindOf(path);
  return kind === 'jpg' || kind === 'raw' ? kind : 'other';
}

/** Counts one asset, in place. */
export function addAsset(totals: Totals, kind: FigureKind, bytes: number): void {
  totals.count += 1;
  totals.bytes += bytes;
  const amount = totals.byKind[kind];
  amount.count += 1;
  amount.bytes += bytes;
}

/** The inverse of `addAsset`. */
export function takeAway(totals: Totals, kind: FigureKind, bytes: number): void {
  for (const amount of [totals, totals.byKind[kind]]) {
    amount.count -= 1;
    amount.bytes -= bytes;
  }
}

/** How many assets are in no sound agreement: 0 means in sync. */
export function unmatchedCount(figures: Figures): number {
  return CLASSES.reduce((sum, name) => sum + figures[name].count, 0);
}

/**
 * The five rows that Webcampak's users know. There a file is *common* when name, location and size agree, and everything
 * else is missing on one side or on both: a differing asset is in both missing rows. An asset that is corrupt or unreadable is
 * not called common here, though its size may agree.
 */
export type FiveRows = {
  source: Totals;
  destination: Totals;
  intersection: Totals;
  missingInSource: Totals;
  missingInDestination: Totals;
};

export function fiveRows({ source, destination, matched }: Figures): FiveRows {
  return {
    source,
    destination,
    intersection: matched,
    missingInSource: minus(destination, matched),
    missingInDestination: minus(source, matched),
  };
}

function minus(from: Totals, taken: Totals): Totals {
  const less = (a: Amount, b: Amount): Amount => ({ count: a.count - b.count, bytes: a.bytes - b.bytes });
  return {
    ...less(from, taken),
    byKind: {
      jpg: less(from.byKind.jpg, taken.byKind.jpg),
      raw: less(from.byKind.raw, taken.byKind.raw),
      other: less(from.byKind.other, taken.byKind.other),
    },
  };
}
