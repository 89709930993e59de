import { printable } from '@vigie/shared/kit/names';
import type { Amount, Figures, Totals, Unmatched } from '@vigie/shared/protocol/report';
import { unmatchedCount } from './figures.ts';
import { fiveRows } from './five-rows.ts';

const ROWS = ['source', 'destination', 'matched', 'missing', 'extra', 'differing', 'corrupt', 'unreadable'] as const;
const COLUMNS = ['jpg', 'raw', 'other', 'total'] as const;

/** Unmatched assets that the summary names; the other formats name all. */
export const SUMMARY_ENTRIES_MAX = 20;

/** A report for a person: a verdict, the rows by kind, and the first unmatched assets. No control character gets through. */
export function summaryText(figures: Figures, matchedByDigest: number, unmatched: Unmatched[]): string {
  const parts = [`${verdict(figures, matchedByDigest)}\n`, `${table(figures)}${asWebcampak(figures)}`];
  if (unmatched.length > 0) parts.push(firstOf(unmatched));
  return parts.join('\n');
}

/** The answer in one line. */
export function verdict(figures: Figures, matchedByDigest: number): string {
  const differences = unmatchedCount(figures);
  const matched = figures.matched.count;
  if (differences > 0) {
    const total = differences + matched;
    return `Not in sync: ${number(differences)} of ${number(total)} ${total === 1 ? 'asset is' : 'assets are'} not matched.`;
  }
  if (matched === 0) return 'In sync: both sides were read whole, and both are empty.';
  const proof =
    matchedByDigest === 0
      ? 'by name, location and size; no digests were compared'
      : matchedByDigest === matched
        ? 'by name, location, size and digest'
        : `by name, location and size, ${number(matchedByDigest)} of them by digest too`;
  return `In sync: ${matched === 1 ? 'the one asset matches' : `all ${number(matched)} assets match`} ${proof}.`;
}

function table(figures: Figures): string {
  const hasOther = figures.source.byKind.other.count + figures.destination.byKind.other.count > 0;
  const columns = COLUMNS.filter((column) => column !== 'other' || hasOther);
  const heading = columns.map((column) => column.padStart(21)).join('');
  const units = columns.map(() => 'files'.padStart(11) + 'size'.padStart(10)).join('');
  const rows = ROWS.map((row) => {
    const cells = columns.map((column) => cell(column === 'total' ? figures[row] : figures[row].byKind[column]));
    return `${row.padEnd(11)}${cells.join('')}\n`;
  });
  return `${' '.repeat(11)}${heading}\n${' '.repeat(11)}${units}\n${rows.join('')}`;
}

/** The rows of the table that Webcampak counts otherwise, in a line. */
function asWebcampak(figures: Figures): string {
  const { intersection, missingInSource, missingInDestination } = fiveRows(figures);
  const missing = `missing in source ${number(missingInSource.count)}, missing in destination ${number(missingInDestination.count)}`;
  return `\nAs Webcampak counts: intersection ${number(intersection.count)} files, ${missing}.\n`;
}

function cell({ count, bytes }: Amount | Totals): string {
  return number(count).padStart(11) + size(bytes).padStart(10);
}

function firstOf(unmatched: Unmatched[]): string {
  const lines = unmatched
    .slice(0, SUMMARY_ENTRIES_MAX)
    .map((entry) => `${entry.class.padEnd(11)} ${printable(entry.path)}  (${printable(entry.cause)})\n`);
  const rest = unmatched.length - SUMMARY_ENTRIES_MAX;
  if (rest > 0) lines.push(`… and ${number(rest)} more: --format ndjson or csv lists all of them.\n`);
  return lines.join('');
}

/** Digits in groups of three. By hand: the runtime's own formatter takes 25 ms to wake up, a quarter of a short check. */
const number = (value: number): string => String(value).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',');

/** Bytes in decimal units with one decimal: `82.9 GB`. */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.95 && unit < units.length - 1; unit++) value /= 1000;
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
