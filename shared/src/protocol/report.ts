/**
 * Sync reports: their classes and figures. Source: the model of Webcampak 3.0 (name, location and size), with the
 * classes differing, corrupt and unreadable added.
 */
export const CLASSES = ['missing', 'extra', 'differing', 'corrupt', 'unreadable'] as const;
export type UnmatchedClass = (typeof CLASSES)[number];

/**
 * What mends an asset that is not matched. `resync` and `resync-replace` are what a re-sync does; everything else is for a person, for
 * time, or needs nothing. `docs/sync-reports.md` has the table.
 */
export const ACTIONS = [
  'resync',
  'resync-replace',
  'wait',
  'resume',
  'mend-destination',
  'look-at-source',
  'look-at-destination',
  'copy-from-elsewhere',
  'copy-by-hand',
  'rerun',
  'none-needed',
] as const;
export type Action = (typeof ACTIONS)[number];

export const REPORT_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** Files and their bytes. */
export type Amount = { count: number; bytes: number };

/** An amount, and the same split by kind; videos and sidecars count as other. */
export type Totals = Amount & { byKind: { jpg: Amount; raw: Amount; other: Amount } };

/**
 * The figures of a report. `source` = matched + missing + differing + corrupt + unreadable at the source;
 * `destination` = matched + extra + differing + corrupt + unreadable at the destination. For differing the bytes are the source's.
 */
export type Figures = {
  source: Totals;
  destination: Totals;
  matched: Totals;
  missing: Totals;
  extra: Totals;
  differing: Totals;
  corrupt: Totals;
  unreadable: Totals;
};

/** The same figures as Webcampak's users know them: `intersection` is what matched, and a differing asset is missing on both sides. */
export type FiveRows = {
  source: Totals;
  destination: Totals;
  intersection: Totals;
  missingInSource: Totals;
  missingInDestination: Totals;
};

/** One asset that is not matched. A size is null on the side that does not have the asset. */
export type Unmatched = {
  class: UnmatchedClass;
  path: string;
  sourceSize: number | null;
  destinationSize: number | null;
  cause: string;
  action: Action;
};

/** The JSON of a report, in the API and in `check --format json` alike. Times are ISO 8601 in UTC, or null. */
export type ReportDocument = { state: ReportState; startedAt: string | null; completedAt: string | null } & Figures & {
    fiveRows: FiveRows;
  };

export const noTotals = (): Totals => ({
  count: 0,
  bytes: 0,
  byKind: { jpg: { count: 0, bytes: 0 }, raw: { count: 0, bytes: 0 }, other: { count: 0, bytes: 0 } },
});

export const noFigures = (): Figures => ({
  source: noTotals(),
  destination: noTotals(),
  matched: noTotals(),
  missing: noTotals(),
  extra: noTotals(),
  differing: noTotals(),
  corrupt: noTotals(),
  unreadable: noTotals(),
});
