import type { Job, Report, Side } from '../api/documents.ts';

const FINAL: ReadonlySet<Job['state']> = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'REJECTED', 'CANCELLED']);
export const isFinal = (state: Job['state']): boolean => FINAL.has(state);

/** The report that the hub made when this report's re-syncs had ended: the first of the same sides since then. */
export function followUpOf(report: Report, reports: Report[]): Report | undefined {
  const ends = report.jobs.flatMap((job) => (job.completedAt ? [job.completedAt] : [])).sort();
  const last = ends.at(-1);
  if (last === undefined || report.jobs.some((job) => !isFinal(job.state))) return undefined;
  return reports
    .filter((other) => other.id !== report.id && other.trigger === 'resync' && other.createdAt >= last)
    .filter((other) => sameSide(other.left, report.left) && sameSide(other.right, report.right))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt))[0];
}

export function sameSide(a: Side, b: Side): boolean {
  const flat = (side: Side) => JSON.stringify(Object.entries(side).sort(([x], [y]) => x.localeCompare(y)));
  return flat(a) === flat(b);
}
