import type { ComparisonResult } from '../report/compare.ts';
import {
  CSV_HEADER,
  combinedBytes,
  combinedLine,
  csvLine,
  ndjsonLine,
  type ReportFormat,
  reportDocument,
} from '../report/format.ts';
import { summaryText } from '../report/summary.ts';

const LINES_A_CHUNK = 2000;

/** A completed comparison in the form asked for, as bytes. */
export function* reportChunks(
  format: ReportFormat | 'summary',
  result: ComparisonResult,
  times: { startedAt: number; completedAt: number },
): Generator<Buffer> {
  const { figures, unmatched } = result;
  switch (format) {
    case 'summary':
      yield Buffer.from(summaryText(figures, result.matchedByDigest, unmatched));
      return;
    case 'json': {
      const document = reportDocument('completed', times.startedAt, times.completedAt, figures);
      yield Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    case 'ndjson':
      yield* joined(unmatched, ndjsonLine, utf8);
      return;
    case 'csv':
      yield Buffer.from(CSV_HEADER);
      yield* joined(unmatched, csvLine, utf8);
      return;
    case 'combined':
      yield* joined(result.matchedPaths(), (path) => combinedLine('matched', path), combinedBytes);
      yield* joined(unmatched, (entry) => combinedLine(entry.class, entry.path), combinedBytes);
  }
}

function* joined<T>(list: T[], line: (item: T) => string, bytes: (lines: string) => Buffer): Generator<Buffer> {
  for (let at = 0; at < list.length; at += LINES_A_CHUNK) {
    yield bytes(
      list
        .slice(at, at + LINES_A_CHUNK)
        .map(line)
        .join(''),
    );
  }
}

const utf8 = (lines: string): Buffer => Buffer.from(lines, 'utf8');
