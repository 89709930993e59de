import { printable } from '@vigie/shared/kit/names';
import type { Books, Intent } from '../watched-folder/books.ts';
import type { JobEnd } from '../watched-folder/job.ts';

/** What became of one job, for people and for other programs. */
export type JobRecord = {
  /** ms since 1970. */
  at: number;
  endpoint: string;
  job: string;
  /** The name in input. */
  name: string;
  end: JobEnd;
  /** What lies in result or failure now, with absolute paths. */
  files: { path: string; size: number; sha256: string }[];
  reason?: string;
};

/** Books that remember where a job's files went until it is told that the job has ended. */
export type JobRecords<B extends Books> = {
  readonly books: B;
  ended(job: { jobId: string; name: string; end: JobEnd }): JobRecord;
};

export function createJobRecords<B extends Books>(
  endpoint: string,
  folder: string,
  books: B,
  now: () => number,
): JobRecords<B> {
  const intents = new Map<string, readonly Intent[]>();
  const reasons = new Map<string, string>();
  const pathOf = ({ tree, path }: Intent) => (path.startsWith('/') ? path : `${folder}/${tree}/${path}`);
  return {
    books: {
      ...books,
      intend(jobId, list) {
        books.intend(jobId, list);
        intents.set(jobId, list);
      },
      intended(jobId) {
        const list = books.intended(jobId);
        if (list.length > 0) intents.set(jobId, list);
        return list;
      },
      rejected(rejection) {
        books.rejected(rejection);
        reasons.set(rejection.jobId, rejection.reason);
      },
    },
    ended({ jobId, name, end }) {
      const list = intents.get(jobId) ?? [];
      const reason = reasons.get(jobId) ?? list.find(({ unreadable }) => unreadable !== undefined)?.unreadable;
      intents.delete(jobId);
      reasons.delete(jobId);
      const files = list.map((intent) => ({ path: pathOf(intent), size: intent.size, sha256: intent.sha256 }));
      return { at: now(), endpoint, job: jobId, name, end, files, ...(reason === undefined ? {} : { reason }) };
    },
  };
}

/** A record as a line for people. */
export function lineOf({ endpoint, name, end, files, reason }: JobRecord): string {
  const where = files[0] === undefined ? '' : ` ${printable(files[0].path)}`;
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return `${endpoint}: ${printable(name)} → ${end}${where}${more}${reason === undefined ? '' : `: ${printable(reason)}`}`;
}
