import type { SourceState } from '../api/documents.ts';
import { durationText } from '../format/times.ts';

/** How often a source takes a picture: `every 10 s`, `cron 0 6-20 * * *`, its windows, or nothing for a folder that others fill. */
export function cadenceText({
  everyMs,
  cron,
  schedule,
}: Pick<SourceState, 'everyMs' | 'cron' | 'schedule'>): string | undefined {
  if (everyMs !== null) return everyMs < 1000 ? `every ${everyMs} ms` : `every ${durationText(everyMs)}`;
  return cron === null ? schedule : `cron ${cron}`;
}
