import type { ReportDocument, Unmatched } from '@vigie/shared/protocol/report';
import type { ExportFormat } from '../http/services.ts';
import { CSV_HEADER, combinedBytes, combinedLine, csvLine, ndjsonLine } from './format.ts';

const LINES_A_CHUNK = 1000;

/**
 * A stored report in one of its export forms, in chunks. A stored report keeps what is not matched, so its
 * `combined` form has no `=` lines.
 */
export async function* exportReport(
  format: ExportFormat,
  document: ReportDocument,
  unmatched: () => Iterable<Unmatched>,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'json') {
    yield `${JSON.stringify(document, null, 2)}\n`;
    return;
  }
  if (format === 'csv') yield CSV_HEADER;
  const line =
    format === 'csv' ? csvLine : format === 'ndjson' ? ndjsonLine : (e: Unmatched) => combinedLine(e.class, e.path);
  // rclone's form holds the very bytes of names, UTF-8 or not.
  const bytes = (text: string) => (format === 'combined' ? combinedBytes(text) : text);
  let chunk: string[] = [];
  for (const entry of unmatched()) {
    chunk.push(line(entry));
    if (chunk.length < LINES_A_CHUNK) continue;
    yield bytes(chunk.join(''));
    chunk = [];
  }
  if (chunk.length > 0) yield bytes(chunk.join(''));
}
