import { kindOf } from '@vigie/shared/protocol/asset';
import { type Amount, CLASSES, type Figures, noTotals, type Totals } from '@vigie/shared/protocol/report';

/** The kinds that reports sum; videos and sidecars count as other. */
export const FIGURE_KINDS = ['jpg', 'raw', 'other'] as const;
export type FigureKind = (typeof FIGURE_KINDS)[number];

/** The column of a report in which an asset counts, by its extension. */
export function figureKindOf(path: string): FigureKind {
  const kind = kindOf(path);
  return kind === 'jpg' || kind === 'raw' ? kind : 'other';
}

const SUFFIXES_MAX = 8;

/** The same for the names (without folders) of very many assets in turn: names that end alike are of one kind. */
export function figureKinds(): (name: string) => FigureKind {
  const known: { suffix: string; kind: FigureKind }[] = [];
  return (name) => {
    for (const { suffix, kind } of known) {
      if (name.length > suffix.length && name.endsWith(suffix)) return kind;
    }
    const kind = figureKindOf(name);
    const dot = name.lastIndexOf('.');
    if (dot > 0 && known.length < SUFFIXES_MAX) known.push({ suffix: name.slice(dot), kind });
    return kind;
  };
}

/** Counts one asset, in place. */
export function addAsset(totals: Totals, kind: FigureKind, bytes: number): void {
  totals.count += 1;
  totals.bytes += bytes;
  const amount = totals.byKind[kind];
  amount.count += 1;
  amount.bytes += bytes;
}

/** Amounts by kind: what is counted apart, to be added to a report's figures. */
export type KindAmounts = Record<FigureKind, Amount>;
export const noKinds = (): KindAmounts => noTotals().byKind;

/** Counts many assets of one kind at once, in place. */
export function addAmount(totals: Totals, kind: FigureKind, { count, bytes }: Amount): void {
  for (const amount of [totals, totals.byKind[kind]]) {
    amount.count += count;
    amount.bytes += bytes;
  }
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
