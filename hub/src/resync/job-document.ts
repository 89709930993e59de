import type { z } from '@hono/zod-openapi';
import type { job } from '../http/schema.ts';
import type { JobRow } from '../store/jobs.ts';

const WAITS = 'It waits for its turn: as many devices as may run re-syncs at once.';
const iso = (ms: number): string => new Date(ms).toISOString();

/** A job as the HTTP API shows it; `waits`: its device's turn has not come. */
export function jobDocument(row: JobRow, waits = false): z.infer<typeof job> {
  const { id, site, device, source, destination, reportId, state, want, failed, by } = row;
  const message = row.message ?? (waits ? WAITS : null);
  return {
    ...{ id, site, device, source, destination, reportId, state, want, failed, message, by },
    total: { count: row.totalCount, bytes: row.totalBytes },
    done: { count: row.doneCount, bytes: row.doneBytes },
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    completedAt: row.completedAt === null ? null : iso(row.completedAt),
  };
}
