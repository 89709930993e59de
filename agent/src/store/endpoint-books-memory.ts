import type { Intent } from '../watched-folder/books.ts';
import type { FiledBooks } from './endpoint-books.ts';

/**
 * Books in memory, for a folder whose moves are not durable either: after a crash a job begins anew, and a file that had its place
 * already may come a second time, with a suffix.
 */
export function createMemoryBooks(): FiledBooks {
  const jobs = new Map<string, readonly Intent[]>();
  const filed = new Set<string>();
  return {
    intend(jobId, intents) {
      jobs.set(jobId, intents);
      filed.delete(jobId);
    },
    intended: (jobId) => [...(jobs.get(jobId) ?? [])],
    filed: (jobId) => void filed.add(jobId),
    isFiled: (jobId) => filed.has(jobId),
    closed(jobId) {
      jobs.delete(jobId);
      filed.delete(jobId);
    },
    rejected: () => undefined,
  };
}
