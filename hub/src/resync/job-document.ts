import type { z } from '@hono/zod-openapi';
import type { job } from '../http/schema.ts';
import type { JobRow } from '../store/jobs.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** A job as the HTTP API shows it. */
export function jobDocument(row: JobRow): z.infer<typeof job> {
  const { id, site, device, source, destination, reportId, state, want, failed, message, by } = row;
  return {
    ...{ id, site, device, source, destination, reportId, state, want, failed, message, by },
    total: { count: row.totalCount, bytes: row.totalBytes },
    done: { count: row.doneCount, bytes: row.doneBytes },
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    completedAt: row.completedAt === null ? null : iso(row.completedAt),
  };
}
