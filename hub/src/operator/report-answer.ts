import { VigieError } from '@vigie/shared/kit/errors';
import type { HubServices } from '../http/services.ts';

/** Bytes of the unmatched assets in one reply at most: it has to fit into a message, with room for the rest. */
const ENTRIES_BYTES_MAX = 150_000;

/** A report as replies tell it: its document, what a re-sync would move, and so many of its unmatched assets as fit. */
export function reportAnswer(
  reports: Pick<HubServices['reports'], 'get' | 'estimate' | 'unmatched'>,
  id: string,
  offset: number,
  entries: number,
  only: Parameters<HubServices['reports']['unmatched']>[1] = {},
) {
  const report = reports.get(id);
  if (!report) throw new VigieError('not-found', `report "${id}": there is none`);
  if (report.state !== 'completed') return { report };
  const unmatched = reports.unmatched(id, only, offset, Math.max(1, entries));
  let left = ENTRIES_BYTES_MAX;
  const listed = unmatched.entries.slice(0, entries).filter((entry) => {
    left -= Buffer.byteLength(JSON.stringify(entry));
    return left > 0;
  });
  return { report, estimate: reports.estimate(id), unmatched: { ...unmatched, entries: listed } };
}
