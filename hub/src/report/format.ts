import { bytesOf } from '@vigie/shared/kit/names';
import type { Figures, ReportDocument, ReportState, Unmatched, UnmatchedClass } from '@vigie/shared/protocol/report';
import { fiveRows } from './five-rows.ts';
import { rclonePath } from './rclone-path.ts';

/** What a report can be written as for programs; the table for people is in `summary.ts`. */
export const EXPORT_FORMATS = ['json', 'ndjson', 'csv', 'combined'] as const;
export type ReportFormat = (typeof EXPORT_FORMATS)[number];

/** The JSON of a report. Times are ms since 1970. */
export function reportDocument(
  state: ReportState,
  startedAt: number | null,
  completedAt: number | null,
  figures: Figures,
): ReportDocument {
  const { source, destination, matched, missing, extra, differing, corrupt, unreadable } = figures;
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const times = { startedAt: iso(startedAt), completedAt: iso(completedAt) };
  const rows = { source, destination, matched, missing, extra, differing, corrupt, unreadable };
  return { state, ...times, ...rows, fiveRows: fiveRows(figures) };
}

/** One unmatched asset as a JSON object on a line of its own. The path is the text of `kit/names.ts`: nothing is lost. */
export function ndjsonLine({ class: name, path, sourceSize, destinationSize, cause, action }: Unmatched): string {
  return `${JSON.stringify({ class: name, path, sourceSize, destinationSize, cause, action })}\n`;
}

/** The first line of the CSV form. */
export const CSV_HEADER = 'class,path,source size,destination size,cause,action\r\n';

/**
 * One unmatched asset as a record of RFC 4180; a size that does not exist is an empty field.
 *
 * A spreadsheet takes a field that begins with `=`, `+`, `-`, `@` or a tab for a formula, and a device can name a file so.
 * Such a path is written with `./` before it. No inventory holds a path that begins so, therefore nothing is lost: a reader takes
 * a leading `./` away. A cause, which is prose, gets an apostrophe.
 */
export function csvLine({ class: name, path, sourceSize, destinationSize, cause, action }: Unmatched): string {
  const safePath = formula.test(path) ? `./${path}` : path;
  const safeCause = formula.test(cause) ? `'${cause}` : cause;
  return `${name},${field(safePath)},${sourceSize ?? ''},${destinationSize ?? ''},${field(safeCause)},${action}\r\n`;
}

/** The signs of `rclone check --combined`: `-` is absent at the source, `+` absent at the destination. */
export const COMBINED_SIGNS: Record<UnmatchedClass | 'matched', string> = {
  matched: '=',
  missing: '+',
  extra: '-',
  differing: '*',
  corrupt: '*',
  unreadable: '!',
};

/** One asset as `rclone check --combined` writes it. Lines go out through `combinedBytes`. */
export function combinedLine(name: UnmatchedClass | 'matched', path: string): string {
  return `${COMBINED_SIGNS[name]} ${rclonePath(path)}\n`;
}

/** The bytes of combined lines: like rclone's, they hold the bytes of names that are not UTF-8. */
export function combinedBytes(lines: string): Buffer {
  return bytesOf(lines);
}

const formula = /^[=+\-@\t\r\n＝＋－＠]/u;

function field(text: string): string {
  return /[",;\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
